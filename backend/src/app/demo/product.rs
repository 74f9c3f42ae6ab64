//! What the demo shop sells.

use serde::{Deserialize, Serialize};

/// One thing on the shelf.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Product {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) price_cents: u32,
    /// Colour of the drawn picture.
    pub(super) colour: &'static str,
}

/// The whole catalogue.
pub(super) const PRODUCTS: &[Product] = &[
    Product {
        id: "seed-mix",
        name: "Seed mix, 1 kg",
        description: "Niger, thistle and alder: what siskins come for.",
        price_cents: 790,
        colour: "#c9a227",
    },
    Product {
        id: "nest-box",
        name: "Nest box",
        description: "Larch, 28 mm entrance, opens for cleaning.",
        price_cents: 2450,
        colour: "#8b5e34",
    },
    Product {
        id: "bird-bath",
        name: "Bird bath",
        description: "Stoneware, frost-proof, shallow on one side.",
        price_cents: 3900,
        colour: "#5c7c8a",
    },
    Product {
        id: "field-guide",
        name: "Field guide",
        description: "Finches of Europe in 240 plates.",
        price_cents: 2990,
        colour: "#4f772d",
    },
];

impl Product {
    /// The product of that id.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.id == id)
    }

    /// `7.90 €`.
    pub(super) fn price(&self) -> String {
        format!("{}.{:02} €", self.price_cents / 100, self.price_cents % 100)
    }
}

/// How many of a product are in the store room: the inventory's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stock {
    pub(super) product: String,
    pub(super) in_stock: u32,
}
