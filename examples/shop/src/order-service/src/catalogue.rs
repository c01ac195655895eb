//! What the shop sells.

use serde::Serialize;

pub const CURRENCY: &str = "EUR";

#[derive(Serialize)]
pub struct Product {
    pub sku: &'static str,
    pub name: &'static str,
    /// In cents.
    pub price: u64,
    /// How many are on the shelf each morning.
    pub stock: u64,
    /// With fewer than this the shelf is low.
    #[serde(skip)]
    pub reorder_below: u64,
    #[serde(skip)]
    pub supplier: &'static str,
}

const fn product(sku: &'static str, name: &'static str, price: u64, stock: u64, supplier: &'static str) -> Product {
    Product { sku, name, price, stock, reorder_below: stock / 4, supplier }
}

static PRODUCTS: [Product; 6] = [
    product("TEA-SENCHA", "Sencha, 100 g", 1250, 80, "Tanaka & Sons"),
    product("TEA-ASSAM", "Assam, 250 g", 980, 120, "Hill Gardens"),
    product("TEA-MINT", "Mint, 50 g", 450, 60, "Hill Gardens"),
    product("CUP-BLUE", "Blue cup", 1450, 40, "Kiln Nine"),
    product("POT-IRON", "Cast iron teapot", 6900, 12, "Kiln Nine"),
    product("HONEY-LIME", "Lime blossom honey, 250 g", 790, 100, "The Beekeepers"),
];

#[derive(Serialize)]
pub struct Listing {
    currency: &'static str,
    products: &'static [Product],
}

impl Listing {
    pub fn whole() -> Listing {
        Listing { currency: CURRENCY, products: &PRODUCTS }
    }
}

/// The product of a stock number, or which one may have been meant.
pub fn find(sku: &str) -> Result<&'static Product, String> {
    PRODUCTS.iter().find(|product| product.sku == sku).ok_or_else(|| {
        let near = PRODUCTS.iter().find(|product| is_near(product.sku, sku));
        let hint = near.map_or(String::new(), |product| format!("; did you mean {}?", product.sku));
        format!("there is no product {sku:?}{hint}")
    })
}

/// Whether a mistyped stock number differs in case, in one character, or in what stands between.
fn is_near(sku: &str, typed: &str) -> bool {
    let bare = |text: &str| -> String {
        text.chars().filter(|character| character.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
    };
    let (sku, typed) = (bare(sku), bare(typed));
    let same_start = sku.chars().zip(typed.chars()).take_while(|(a, b)| a == b).count();
    let (rest, typed_rest) = (&sku[same_start..], &typed[same_start..]);
    let next = |text: &str| text.get(1..).map(str::to_string);
    next(rest).as_deref() == next(typed_rest).as_deref()
        || next(rest).as_deref() == Some(typed_rest)
        || next(typed_rest).as_deref() == Some(rest)
}
