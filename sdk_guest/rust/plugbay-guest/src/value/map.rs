use alloc::string::String;
use alloc::vec::{self, Vec};
use core::fmt;
use core::ops::Index;
use core::slice;

/// Fields by name, in the order of their names.
///
/// It is a sorted vector: small in a module, and quick for the few fields that messages have. Adding one to a map of
/// thousands is slow.
///
/// ```
/// use plugbay_guest::fluxrig::{Map, map};
///
/// let mut card: Map = map! { "scheme" => "visa", "tries" => 3 };
/// card.insert("country", "DE");
/// assert_eq!(card.keys().collect::<Vec<_>>(), ["country", "scheme", "tries"]);
/// assert_eq!(card["tries"], 3.into());
/// assert!(card.remove("holder").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Map<V = super::Value> {
    entries: Vec<(String, V)>,
}

impl<V> Map<V> {
    /// No fields.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there is a field of this name.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.find(key).ok().map(|place| &self.entries[place].1)
    }

    /// The value of a field, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.find(key).ok().map(|place| &mut self.entries[place].1)
    }

    /// Sets a field; the value that it had before is returned.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<V>) -> Option<V> {
        self.put(key.into(), value.into())
    }

    /// The value of a field, which is set to `value` if it is not there.
    pub fn get_or_insert_with(&mut self, key: &str, value: impl FnOnce() -> V) -> &mut V {
        let place = self.find(key).unwrap_or_else(|place| {
            self.entries.insert(place, (key.into(), value()));
            place
        });
        &mut self.entries[place].1
    }

    /// Takes a field out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        self.find(key).ok().map(|place| self.entries.remove(place).1)
    }

    /// The fields in order.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { entries: self.entries.iter() }
    }

    /// The fields in order, their values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    /// The names in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// The values in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// A map of entries in any order; one whose name stands twice is an error, and is returned.
    pub(crate) fn from_unsorted(mut entries: Vec<(String, V)>) -> Result<Self, String> {
        if !entries.is_sorted_by(|(one, _), (other, _)| one < other) {
            sort(&mut entries);
            if let Some(place) = entries.windows(2).position(|pair| pair[0].0 == pair[1].0) {
                return Err(entries.swap_remove(place).0);
            }
        }
        Ok(Self { entries })
    }

    /// A map of the same fields, with values of another type.
    pub(crate) fn try_map<W, E>(self, convert: impl Fn(&str, V) -> Result<W, E>) -> Result<Map<W>, E> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for (key, value) in self.entries {
            let value = convert(&key, value)?;
            entries.push((key, value));
        }
        Ok(Map { entries })
    }

    fn put(&mut self, key: String, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => Some(core::mem::replace(&mut self.entries[place].1, value)),
            Err(place) => {
                self.entries.insert(place, (key, value));
                None
            }
        }
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.as_str().cmp(key))
    }
}

/// Heapsort: as quick as any on hostile input, and a tenth of the code of the one in the library.
fn sort<V>(entries: &mut [(String, V)]) {
    for root in (0..entries.len() / 2).rev() {
        sift(entries, root);
    }
    for end in (1..entries.len()).rev() {
        entries.swap(0, end);
        sift(&mut entries[..end], 0);
    }
}

fn sift<V>(entries: &mut [(String, V)], mut root: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child + 1 < entries.len() && entries[child].0 < entries[child + 1].0 {
            child += 1;
        }
        if child >= entries.len() || entries[root].0 >= entries[child].0 {
            return;
        }
        entries.swap(root, child);
        root = child;
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

/// The value of a field that is there.
impl<V> Index<&str> for Map<V> {
    type Output = V;

    fn index(&self, key: &str) -> &V {
        self.get(key).expect("there is no such field")
    }
}

impl<K: Into<String>, V> FromIterator<(K, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut map = Self::new();
        map.extend(fields);
        map
    }
}

impl<K: Into<String>, V> Extend<(K, V)> for Map<V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, fields: I) {
        fields.into_iter().for_each(|(key, value)| drop(self.put(key.into(), value)));
    }
}

impl<K: Into<String>, V, const N: usize> From<[(K, V); N]> for Map<V> {
    fn from(fields: [(K, V); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a str, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Iter<'a, V> {
        self.iter()
    }
}

/// The fields of a [`Map`] in order.
#[derive(Clone, Debug)]
pub struct Iter<'a, V> {
    entries: slice::Iter<'a, (String, V)>,
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|(key, value)| (key.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<V> ExactSizeIterator for Iter<'_, V> {}

/// A map of fields whose values are of any type that a [`Value`](crate::fluxrig::Value) can be made from.
///
/// ```
/// use plugbay_guest::fluxrig::{list, map};
///
/// let card = map! { "scheme" => "visa", "tries" => 3, "tags" => list![1, "two"], "limits" => map! {} };
/// assert_eq!(card.len(), 4);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __map {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "a map may have no fields")]
        let mut map = $crate::fluxrig::Map::<$crate::fluxrig::Value>::new();
        $(map.insert($name, $value);)*
        map
    }};
}

/// A list of values of any type that a [`Value`](crate::fluxrig::Value) can be made from.
///
/// ```
/// use plugbay_guest::fluxrig::{Value, list};
///
/// assert_eq!(list![1, "two"], Value::List(vec![1.into(), "two".into()]));
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __list {
    ($($value:expr),* $(,)?) => {
        $crate::fluxrig::Value::List($crate::runtime::vec![$($crate::fluxrig::Value::from($value)),*])
    };
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn fields_come_in_the_order_of_their_names_whatever_order_they_were_in() {
        for count in [0_usize, 1, 2, 3, 10, 1000] {
            let entries = (0..count).map(|number| (format!("{:03}", number * 617 % count), number)).collect();
            let map = Map::from_unsorted(entries).unwrap();
            assert!(map.keys().is_sorted() && map.len() == count);
            assert!((0..count).all(|number| map.contains_key(&format!("{number:03}"))));
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_an_error() {
        let entries = [("b", 1), ("a", 2), ("b", 3)].map(|(key, value)| (key.into(), value)).into();
        assert_eq!(Map::from_unsorted(entries), Err("b".into()));
    }

    #[test]
    fn inserting_replaces() {
        let mut map: Map<i32> = Map::new();
        assert_eq!((map.insert("b", 1), map.insert("a", 2), map.insert("b", 3)), (None, None, Some(1)));
        assert_eq!(map, Map::from([("a", 2), ("b", 3)]));
        assert_eq!((map.remove("b"), map.remove("b"), map.len()), (Some(3), None, 1));
    }
}
