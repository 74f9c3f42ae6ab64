//! The operations against a real store.

use std::time::Duration;

use super::describe_log_streams::{DescribeLogStreamsInput, LogStream, OrderBy, describe_log_streams};
use super::filter_log_events::{FilterLogEventsInput, filter_log_events};
use super::get_log_events::{GetLogEventsInput, GetLogEventsOutput, get_log_events};
use super::group::{
    CreateLogGroupInput, DeleteLogGroupInput, DescribeLogGroupsInput, LogGroupClass, create_log_group,
    delete_log_group, describe_log_groups,
};
use super::put_log_events::{InputLogEvent, PutLogEventsInput, put_log_events};
use super::retention::{PutRetentionPolicyInput, put_retention_policy};
use super::stream::{CreateLogStreamInput, DeleteLogStreamInput, create_log_stream, delete_log_stream};
use super::tags::{
    ListTagsForResourceInput, TagResourceInput, UntagResourceInput, list_tags_for_resource, tag_resource,
    untag_resource,
};
use super::{Event, LogGroupName, LogStreamName, LogsError, record_events};
use crate::base::Scope;
use crate::service::testing::Fixture;

fn group(name: &str) -> LogGroupName {
    LogGroupName::parse(name).expect("a valid name")
}

fn stream(name: &str) -> LogStreamName {
    LogStreamName::parse(name).expect("a valid name")
}

/// Short ways to the operations.
impl Fixture {
    async fn make(&self, group_name: &str, streams: &[&str]) {
        let input = CreateLogGroupInput {
            log_group_name: group(group_name),
            kms_key_id: None,
            tags: [("team".to_owned(), "shop".to_owned())].into(),
            log_group_class: LogGroupClass::Standard,
            deletion_protection_enabled: None,
        };
        create_log_group(&self.cx(), input).await.expect("a new group");
        for name in streams {
            self.make_stream(group_name, name).await.expect("a new stream");
        }
    }

    async fn make_stream(&self, group_name: &str, name: &str) -> Result<(), LogsError> {
        let input = CreateLogStreamInput { log_group_name: group(group_name), log_stream_name: stream(name) };
        create_log_stream(&self.cx(), input).await.map(|_| ())
    }

    /// Puts messages, one millisecond apart, the last of them now.
    async fn put(&self, group_name: &str, stream_name: &str, messages: &[&str]) {
        let now = self.clock.now().as_millis();
        let event =
            |(message, ago): (&&str, i64)| InputLogEvent { timestamp: now - ago, message: (*message).to_owned() };
        let input = PutLogEventsInput {
            log_group_name: group(group_name),
            log_stream_name: stream(stream_name),
            log_events: messages.iter().zip((0..messages.len() as i64).rev()).map(event).collect(),
        };
        let output = put_log_events(&self.cx(), input).await.expect("stored");
        assert_eq!(output.rejected_log_events_info, None);
        self.clock.advance(Duration::from_secs(1));
    }

    async fn get(&self, input: GetLogEventsInput) -> GetLogEventsOutput {
        get_log_events(&self.cx(), input).await.expect("a page")
    }

    async fn filter(&self, input: FilterLogEventsInput) -> (Vec<String>, Option<String>) {
        let output = filter_log_events(&self.cx(), input).await.expect("a page");
        let show =
            |event: super::filter_log_events::FilteredLogEvent| format!("{}:{}", event.log_stream_name, event.message);
        (output.events.into_iter().map(show).collect(), output.next_token)
    }

    async fn streams(&self, input: DescribeLogStreamsInput) -> (Vec<LogStream>, Option<String>) {
        let output = describe_log_streams(&self.cx(), input).await.expect("a page");
        (output.log_streams, output.next_token)
    }
}

fn page_of(group_name: &str, stream_name: &str) -> GetLogEventsInput {
    GetLogEventsInput {
        log_group_name: Some(group(group_name)),
        log_group_identifier: None,
        log_stream_name: stream(stream_name),
        start_time: None,
        end_time: None,
        next_token: None,
        limit: None,
        start_from_head: false,
    }
}

fn search(group_name: &str) -> FilterLogEventsInput {
    FilterLogEventsInput { log_group_name: Some(group(group_name)), ..FilterLogEventsInput::default() }
}

fn messages(output: &GetLogEventsOutput) -> Vec<&str> {
    output.events.iter().map(|event| event.message.as_str()).collect()
}

#[tokio::test]
async fn pages_go_forward_to_an_end_that_moves() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    fixture.put("app", "web", &["a", "b", "c", "d", "e"]).await;
    let page = |token: Option<String>| GetLogEventsInput {
        limit: Some(2),
        start_from_head: true,
        next_token: token,
        ..page_of("app", "web")
    };
    let first = fixture.get(page(None)).await;
    assert_eq!(messages(&first), ["a", "b"]);
    let second = fixture.get(page(Some(first.next_forward_token.clone()))).await;
    assert_eq!(messages(&second), ["c", "d"]);
    let third = fixture.get(page(Some(second.next_forward_token.clone()))).await;
    assert_eq!(messages(&third), ["e"]);
    let end = fixture.get(page(Some(third.next_forward_token.clone()))).await;
    assert!(end.events.is_empty());
    assert_eq!(end.next_forward_token, third.next_forward_token);
    fixture.put("app", "web", &["f"]).await;
    let more = fixture.get(page(Some(end.next_forward_token.clone()))).await;
    assert_eq!(messages(&more), ["f"]);
    let back = fixture.get(page(Some(third.next_backward_token))).await;
    assert_eq!(messages(&back), ["c", "d"]);
}

#[tokio::test]
async fn without_a_token_the_latest_page_comes_in_order_of_time() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    let empty = fixture.get(page_of("app", "web")).await;
    assert!(empty.events.is_empty());
    fixture.put("app", "web", &["a", "b", "c"]).await;
    let latest = fixture.get(GetLogEventsInput { limit: Some(2), ..page_of("app", "web") }).await;
    assert_eq!(messages(&latest), ["b", "c"]);
    let older =
        fixture.get(GetLogEventsInput { next_token: Some(latest.next_backward_token), ..page_of("app", "web") }).await;
    assert_eq!(messages(&older), ["a"]);
    let tail =
        fixture.get(GetLogEventsInput { next_token: Some(empty.next_forward_token), ..page_of("app", "web") }).await;
    assert_eq!(messages(&tail), ["a", "b", "c"]);
    let (at, until) = (latest.events[0].timestamp, latest.events[1].timestamp);
    let between =
        fixture.get(GetLogEventsInput { start_time: Some(at), end_time: Some(until), ..page_of("app", "web") }).await;
    assert_eq!(messages(&between), ["b"]);
}

#[tokio::test]
async fn a_page_is_at_most_a_megabyte() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    let large = "x".repeat(400_000);
    for _ in 0..3 {
        fixture.put("app", "web", &[&large, &large]).await;
    }
    let page = GetLogEventsInput { start_from_head: true, ..page_of("app", "web") };
    let first = fixture.get(page).await;
    assert_eq!(first.events.len(), 2);
    let (mut count, mut token) = (0, None);
    loop {
        let page = filter_log_events(&fixture.cx(), FilterLogEventsInput { next_token: token, ..search("app") })
            .await
            .expect("a page");
        count += page.events.len();
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn filters_find_terms_in_all_streams_page_by_page() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web-1", "web-2", "job"]).await;
    fixture.put("app", "web-1", &["ERROR one", "ok"]).await;
    fixture.put("app", "web-2", &["ERROR two"]).await;
    fixture.put("app", "job", &["ERROR three", "ERROR four ignored"]).await;
    let pattern = Some("ERROR -ignored".to_owned());
    let all = FilterLogEventsInput { filter_pattern: pattern.clone(), ..search("app") };
    let (found, token) = fixture.filter(all).await;
    assert_eq!(found, ["web-1:ERROR one", "web-2:ERROR two", "job:ERROR three"]);
    assert_eq!(token, None);
    let newest = FilterLogEventsInput {
        filter_pattern: pattern.clone(),
        start_from_head: Some(false),
        limit: Some(2),
        ..search("app")
    };
    let (found, token) = fixture.filter(newest).await;
    assert_eq!(found, ["job:ERROR three", "web-2:ERROR two"]);
    let rest = FilterLogEventsInput { filter_pattern: pattern.clone(), next_token: token, ..search("app") };
    assert_eq!(fixture.filter(rest).await, (vec!["web-1:ERROR one".to_owned()], None));
    let prefix = FilterLogEventsInput {
        filter_pattern: pattern,
        log_stream_name_prefix: Some("web".to_owned()),
        ..search("app")
    };
    assert_eq!(fixture.filter(prefix).await.0, ["web-1:ERROR one", "web-2:ERROR two"]);
    let named = FilterLogEventsInput { log_stream_names: Some(vec![stream("web-1")]), ..search("app") };
    assert_eq!(fixture.filter(named).await.0, ["web-1:ERROR one", "web-1:ok"]);
}

#[tokio::test]
async fn event_ids_are_unique_digits_in_order() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    fixture.put("app", "web", &["a", "b", "c"]).await;
    let output = filter_log_events(&fixture.cx(), search("app")).await.expect("a page");
    let ids: Vec<&str> = output.events.iter().map(|event| event.event_id.as_str()).collect();
    assert!(ids.iter().all(|id| id.len() == 56) && ids.is_sorted() && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn events_of_deleted_streams_and_groups_do_not_come_back() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web", "job"]).await;
    fixture.put("app", "web", &["old"]).await;
    fixture.put("app", "job", &["kept"]).await;
    let input = DeleteLogStreamInput { log_group_name: group("app"), log_stream_name: stream("web") };
    delete_log_stream(&fixture.cx(), input).await.expect("deleted");
    assert_eq!(fixture.filter(search("app")).await.0, ["job:kept"]);
    fixture.make_stream("app", "web").await.expect("a new stream");
    fixture.put("app", "web", &["new"]).await;
    assert_eq!(fixture.filter(search("app")).await.0, ["job:kept", "web:new"]);
    assert_eq!(messages(&fixture.get(page_of("app", "web")).await), ["new"]);

    delete_log_group(&fixture.cx(), DeleteLogGroupInput { log_group_name: group("app") }).await.expect("deleted");
    let gone = filter_log_events(&fixture.cx(), search("app")).await;
    assert!(matches!(gone, Err(LogsError::GroupNotFound)), "{gone:?}");
    fixture.clock.advance(Duration::from_secs(1));
    fixture.make("app", &["job"]).await;
    assert_eq!(fixture.filter(search("app")).await.0, [""; 0]);
}

#[tokio::test]
async fn retention_hides_and_refuses_old_events() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    fixture.put("app", "web", &["old"]).await;
    let days = |retention_in_days| PutRetentionPolicyInput { log_group_name: group("app"), retention_in_days };
    let wrong = put_retention_policy(&fixture.cx(), days(2)).await.expect_err("no such length");
    assert!(wrong.to_string().starts_with("1 validation error detected: Value '2' at 'retentionInDays'"), "{wrong}");
    put_retention_policy(&fixture.cx(), days(1)).await.expect("set");
    assert_eq!(fixture.filter(search("app")).await.0, ["web:old"]);
    fixture.clock.advance(Duration::from_hours(25));
    assert_eq!(fixture.filter(search("app")).await.0, [""; 0]);
    assert!(fixture.get(page_of("app", "web")).await.events.is_empty());
    let groups = describe_log_groups(&fixture.cx(), DescribeLogGroupsInput::default()).await.expect("a page");
    assert_eq!(groups.log_groups[0].retention_in_days, Some(1));
}

#[tokio::test]
async fn names_that_are_taken_or_missing_are_told() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["web"]).await;
    assert!(matches!(fixture.make_stream("app", "web").await, Err(LogsError::StreamExists)));
    assert!(matches!(fixture.make_stream("other", "web").await, Err(LogsError::GroupNotFound)));
    let events = vec![InputLogEvent { timestamp: fixture.clock.now().as_millis(), message: "x".to_owned() }];
    let input = |stream_name: &str| PutLogEventsInput {
        log_group_name: group("app"),
        log_stream_name: stream(stream_name),
        log_events: events.clone(),
    };
    let missing = put_log_events(&fixture.cx(), input("none")).await;
    assert!(matches!(missing, Err(LogsError::StreamNotFound)), "{missing:?}");
    assert!(put_log_events(&fixture.cx(), input("web")).await.is_ok());
}

#[tokio::test]
async fn groups_are_listed_by_name_prefix_and_pattern() {
    let fixture = Fixture::new().await;
    for name in ["/aws/lambda/a", "/aws/lambda/b", "shop"] {
        fixture.make(name, &[]).await;
    }
    let list = async |input: DescribeLogGroupsInput| {
        let output = describe_log_groups(&fixture.cx(), input).await.expect("a page");
        let names = output.log_groups.iter().map(|group| group.log_group_name.to_string()).collect::<Vec<_>>();
        (names, output.next_token)
    };
    let (names, token) = list(DescribeLogGroupsInput { limit: Some(2), ..Default::default() }).await;
    assert_eq!(names, ["/aws/lambda/a", "/aws/lambda/b"]);
    let (names, token) = list(DescribeLogGroupsInput { limit: Some(2), next_token: token, ..Default::default() }).await;
    assert_eq!((names, token), (vec!["shop".to_owned()], None));
    let prefix = DescribeLogGroupsInput { log_group_name_prefix: Some("/aws".to_owned()), ..Default::default() };
    assert_eq!(list(prefix).await.0.len(), 2);
    let pattern = DescribeLogGroupsInput { log_group_name_pattern: Some("LAMBDA/B".to_owned()), ..Default::default() };
    assert_eq!(list(pattern).await.0, ["/aws/lambda/b"]);
    let other =
        DescribeLogGroupsInput { account_identifiers: Some(vec!["999999999999".to_owned()]), ..Default::default() };
    assert_eq!(list(other).await.0, [""; 0]);
}

#[tokio::test]
async fn streams_tell_of_their_events_and_are_ordered() {
    let fixture = Fixture::new().await;
    fixture.make("app", &["a", "b", "c"]).await;
    fixture.put("app", "c", &["1"]).await;
    fixture.put("app", "a", &["2"]).await;
    // Within the step in which activity is written down.
    fixture.put("app", "c", &["3"]).await;
    let last = fixture.clock.now().as_millis() - 1_000;
    let all = || DescribeLogStreamsInput { log_group_name: Some(group("app")), ..Default::default() };
    let names =
        |streams: &[LogStream]| streams.iter().map(|stream| stream.log_stream_name.to_string()).collect::<Vec<_>>();
    let (streams, _) = fixture.streams(all()).await;
    assert_eq!(names(&streams), ["a", "b", "c"]);
    assert_eq!(streams[1].last_event_timestamp, None);
    assert_eq!(streams[2].last_event_timestamp, Some(last));
    assert_eq!(streams[2].first_event_timestamp, Some(last - 2_000));
    let (streams, token) = fixture.streams(DescribeLogStreamsInput { descending: true, limit: Some(2), ..all() }).await;
    assert_eq!(names(&streams), ["c", "b"]);
    let next = DescribeLogStreamsInput { descending: true, limit: Some(2), next_token: token, ..all() };
    assert_eq!(names(&fixture.streams(next).await.0), ["a"]);

    // Later what was found is written down, and the order by time knows it.
    fixture.clock.advance(Duration::from_mins(1));
    fixture.streams(all()).await;
    let by_time = DescribeLogStreamsInput { order_by: OrderBy::LastEventTime, descending: true, ..all() };
    let (streams, _) = fixture.streams(by_time).await;
    assert_eq!(names(&streams), ["c", "a", "b"]);
    assert_eq!(streams[0].last_event_timestamp, Some(last));
    let wrong = DescribeLogStreamsInput {
        order_by: OrderBy::LastEventTime,
        log_stream_name_prefix: Some("a".to_owned()),
        ..all()
    };
    assert!(describe_log_streams(&fixture.cx(), wrong).await.is_err());
}

#[tokio::test]
async fn tags_are_set_listed_and_removed() {
    let fixture = Fixture::new().await;
    fixture.make("app", &[]).await;
    let arn = format!("{}:*", group("app").arn(&Scope::default()));
    let set = TagResourceInput { resource_arn: arn.clone(), tags: [("env".to_owned(), "test".to_owned())].into() };
    tag_resource(&fixture.cx(), set).await.expect("set");
    let remove = UntagResourceInput { resource_arn: arn.clone(), tag_keys: vec!["team".to_owned()] };
    untag_resource(&fixture.cx(), remove).await.expect("removed");
    let tags =
        list_tags_for_resource(&fixture.cx(), ListTagsForResourceInput { resource_arn: arn }).await.expect("tags");
    assert_eq!(tags.tags.into_iter().collect::<Vec<_>>(), [("env".to_owned(), "test".to_owned())]);
}

#[tokio::test]
async fn agents_need_no_group_and_no_stream_and_all_survives_a_restart() {
    let fixture = Fixture::new().await;
    let now = fixture.clock.now();
    let event = |message: &str, at| Event { at, message: message.to_owned(), trace_id: None };
    let events = vec![
        event("second", now),
        event("first", now.minus(Duration::from_secs(1))),
        event("ancient", now.minus(Duration::from_hours(24 * 15))),
    ];
    let left_out = record_events(&fixture.cx(), &group("agent"), &stream("host"), events).await.expect("stored");
    assert_eq!(left_out, 1);
    let fixture = fixture.reopened().await;
    assert_eq!(fixture.filter(search("agent")).await.0, ["host:first", "host:second"]);
}
