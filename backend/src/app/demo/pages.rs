//! The demo shop's pages.

use maud::{DOCTYPE, Markup, html};

use super::product::{Product, Stock};

const STYLE: &str = include_str!("shop.css");

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Alder & Thistle" }
                link rel="icon" href="data:,";
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    a.brand href="/" { "Alder & Thistle" }
                    nav { a href="/" { "Shop" } a href="/cart" { "Cart" } }
                }
                main { (content) }
                footer { "A demo shop: two services, both instrumented with siskin-sdk." }
            }
        }
    }
}

/// The shelf.
pub(super) fn home(shelf: &[(&Product, Stock)]) -> Markup {
    page(
        "Shop",
        &html! {
            h1 { "For the garden birds" }
            ul.shelf {
                @for (product, stock) in shelf {
                    li {
                        a href={ "/product/" (product.id) } {
                            (picture(product))
                            h2 { (product.name) }
                            p.price { (product.price()) }
                            p.stock { (stock.in_stock) " in stock" }
                        }
                    }
                }
            }
        },
    )
}

/// One product.
pub(super) fn product(product: &Product, stock: &Stock) -> Markup {
    page(
        product.name,
        &html! {
            article.product {
                (picture(product))
                div {
                    h1 { (product.name) }
                    p { (product.description) }
                    p.price { (product.price()) }
                    p.stock { (stock.in_stock) " in stock" }
                    form method="post" action="/cart" {
                        input type="hidden" name="product" value=(product.id);
                        label { "Quantity " input type="number" name="quantity" value="1" min="1" max="9"; }
                        button { "Order" }
                    }
                }
            }
        },
    )
}

/// The empty cart, or what was just ordered.
pub(super) fn cart(ordered: Option<(&Product, u32)>) -> Markup {
    page(
        "Cart",
        &html! {
            @match ordered {
                Some((product, quantity)) => {
                    h1 { "Thank you" }
                    p id="order" { "You ordered " (quantity) " × " (product.name) "." }
                }
                None => {
                    h1 { "Your cart is empty" }
                }
            }
            p { a href="/" { "Back to the shop" } }
        },
    )
}

/// What went wrong, in words a shopper may read.
pub(super) fn failure(status: u16, message: &str) -> Markup {
    page(
        message,
        &html! {
            h1 { (status) " · " (message) }
            p { a href="/" { "Back to the shop" } }
        },
    )
}

fn picture(product: &Product) -> Markup {
    html! {
        svg.picture viewBox="0 0 120 80" role="img" aria-label=(product.name) {
            rect width="120" height="80" rx="8" fill=(product.colour) opacity="0.16" {}
            circle cx="60" cy="42" r="22" fill=(product.colour) {}
            path d="M60 20c14-10 26-8 32-2-10 4-20 8-28 8z" fill=(product.colour) opacity="0.6" {}
        }
    }
}
