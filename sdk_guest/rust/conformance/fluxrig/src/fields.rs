use plugbay_guest::fluxrig::{Hop, Id, Map, Message, Value, map};
use plugbay_guest::prelude::*;
use plugbay_guest::{Error, Result};

/// The operation `fields`: every field of the message changes in a way of its own.
pub fn change(mut message: Message) -> Result<Message> {
    let data = change_data(&message)?;
    message.add_hop(Hop { gear: message.src_id, port: message.id, time: message.ts })?;
    message.ref_id = message.id;
    message.id = reverse(message.id);
    message.src_id = reverse(message.src_id);
    message.trace.push_str("-ok");
    message.meta.remove("remove.me");
    message.meta.insert("conformance", "yes");
    message.flags ^= 1;
    message.raw.iter_mut().for_each(|raw| raw.reverse());
    message.ts = message.ts.checked_add(1).ok_or_else(|| Error::new("ts is as large as it can be"))?;
    message.data = data;
    Ok(message)
}

fn change_data(message: &Message) -> Result<Map> {
    let int: i64 = message.read("int")?;
    let int = int.checked_add(1).ok_or_else(|| Error::new("int is as large as it can be"))?;
    let mut bytes: Vec<u8> = message.read("bytes")?;
    bytes.reverse();
    let mut list: Vec<Value> = message.read("list")?;
    list.reverse();
    let mut fields: Map = message.read("map")?;
    fields.insert("added", 1);
    Ok(map! {
        "op" => "fields",
        "int" => int,
        "float" => message.read::<f64>("float")? * 2.0,
        "text" => message.read::<String>("text")? + "!",
        "bool" => !message.read::<bool>("bool")?,
        "bytes" => bytes,
        "list" => list,
        "map" => fields,
    })
}

fn reverse(Id(mut bytes): Id) -> Id {
    bytes.reverse();
    Id(bytes)
}
