use super::{PutEventsEntry, PutEventsInput, PutEventsResult, put_events};
use crate::base::{Scope, Timestamp};
use crate::service::testing::Fixture;
use crate::store::{EventRow, EventScan, Order};

fn entry(source: &str, detail_type: &str, detail: &str) -> PutEventsEntry {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PutEventsEntry {
        source: given(source),
        detail_type: given(detail_type),
        detail: given(detail),
        ..PutEventsEntry::default()
    }
}

async fn recorded(fixture: &Fixture) -> Vec<EventRow> {
    let scan = EventScan {
        since: Timestamp::MIN,
        until: Timestamp::MAX,
        source: None,
        detail_type: None,
        resource: None,
        order: Order::OldestFirst,
        limit: 100,
    };
    fixture.store.events.scan(&Scope::default(), scan).await.unwrap()
}

fn input(entries: Vec<PutEventsEntry>) -> PutEventsInput {
    PutEventsInput { entries, endpoint_id: None }
}

#[tokio::test]
async fn good_entries_are_recorded_and_bad_ones_told() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx();
    let at = Timestamp::from_secs(1_795_000_000);
    let mut good = entry("shop", "Order Placed", r#"{"id": 7}"#);
    good.resources = vec!["arn:aws:x:us-east-1:123456789012:order/7".to_owned()];
    good.time = Some(at);
    let mut elsewhere = entry("shop", "Order Placed", "{}");
    elsewhere.event_bus_name = Some("nope".to_owned());
    let mut by_arn = entry("shop", "Order Shipped", "{}");
    by_arn.event_bus_name = Some("arn:aws:events:us-east-1:123456789012:event-bus/default".to_owned());
    let entries = vec![
        good,
        entry("", "t", "{}"),
        entry("s", "", "{}"),
        entry("s", "t", ""),
        entry("s", "t", "{"),
        entry("s", "t", "[1]"),
        entry("aws.ec2", "t", "{}"),
        elsewhere,
        by_arn,
    ];
    let output = put_events(&cx, input(entries)).await.unwrap();
    assert_eq!(output.failed_entry_count, 6);
    let told: Vec<String> = output
        .entries
        .iter()
        .map(|PutEventsResult { event_id, error_code, error_message }| match event_id {
            Some(_) => "id".to_owned(),
            None => format!("{}: {}", error_code.unwrap(), error_message.as_deref().unwrap()),
        })
        .collect();
    assert_eq!(
        told,
        [
            "id",
            "InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.",
            "InvalidArgument: Parameter DetailType is not valid. Reason: DetailType is a required argument.",
            "InvalidArgument: Parameter Detail is not valid. Reason: Detail is a required argument.",
            "MalformedDetail: Detail is malformed.",
            "MalformedDetail: Detail is malformed.",
            "NotAuthorizedForSource: Not authorized for the source.",
            "id",
            "id",
        ]
    );
    let rows = recorded(&fixture).await;
    let types: Vec<&str> = rows.iter().map(|row| &*row.detail_type).collect();
    assert_eq!(types, ["Order Placed", "Order Shipped"]);
    assert_eq!((rows[0].at, rows[0].detail.as_str()), (at, r#"{"id":7}"#));
    assert_eq!(rows[1].at, cx.now());
    assert_eq!(Some(rows[0].id.to_string()), output.entries[0].event_id);
}

#[tokio::test]
async fn too_much_at_once_is_refused_whole() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx();
    let eleven = (0..11).map(|_| entry("s", "t", "{}")).collect();
    let error = put_events(&cx, input(eleven)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("'entries' failed to satisfy constraint: Member must have length less than or equal to 10")
    );
    assert!(put_events(&cx, input(Vec::new())).await.is_err());
    let large = format!(r#"{{"text": "{}"}}"#, "x".repeat(260 << 10));
    let error = put_events(&cx, input(vec![entry("s", "t", &large)])).await.unwrap_err();
    assert_eq!(error.to_string(), "Total size of the entries in the request is over the limit.");
    assert!(recorded(&fixture).await.is_empty());
}

#[tokio::test]
async fn events_survive_a_restart() {
    let fixture = Fixture::new().await;
    put_events(&fixture.cx(), input(vec![entry("s", "t", "{}")])).await.unwrap();
    let fixture = fixture.reopened().await;
    assert_eq!(recorded(&fixture).await.len(), 1);
}
