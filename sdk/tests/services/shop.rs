use reqwest::Method;
use siskin_sdk::testing::{Expect, Find, tree};

use crate::service::Service;

#[tokio::test]
async fn an_order_is_one_trace_of_two_services_and_a_database() {
    let shop = Service::start("axum");
    let answer = shop.ask(shop.request(Method::GET, "/orders/7")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "tea: 3 left\n"));
    let documents = shop.documents(answer.trace_id, 2);
    insta::assert_snapshot!(shop.without_port(&tree(&documents)), @"
shop [segment] order=7 {http.route=/orders/{id} span.name=GET /orders/{id}} http:{request:{method:GET,url:http://127.0.0.1:PORT/orders/7},response:{status:200,content_length:12}}
  :memory: [remote] {db.operation.name=SELECT db.response.returned_rows=1 span.name=SELECT} sql:{sanitized_query:SELECT item FROM orders WHERE id = ?,database_type:sqlite}
  127.0.0.1:PORT [remote] {span.name=GET} http:{request:{method:GET,url:http://127.0.0.1:PORT/stock/tea,traced:true},response:{status:200,content_length:1}}
    stock [segment] {span.name=GET} http:{request:{method:GET,url:http://127.0.0.1:PORT/stock/tea},response:{status:200,content_length:1}}
");
}

#[tokio::test]
async fn a_panic_downstream_is_a_fault_up_to_the_client() {
    let shop = Service::start("axum");
    let answer = shop.ask(shop.request(Method::GET, "/orders/8")).await;
    assert_eq!(answer.status, 500);
    let documents = shop.documents(answer.trace_id, 2);
    documents.span("stock").expect_fault().expect_exception("somebody drank it");
    documents.span("shop").expect_fault().expect_annotation("order", 8);
}
