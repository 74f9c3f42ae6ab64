use super::*;
use crate::check::link::kind::LinkKind;
use crate::check::link::verdict::Reason;

const REDIRECTS_MAX: usize = 3;

fn noted(targets: &mut Targets, url: &str, line: u32) -> LinkId {
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let place = Place { page: 0, line };
    targets.note(Occurrence { url, fragment, kind: LinkKind::Anchor, is_mixed: false, label: "", place }).link
}

fn target(targets: &mut Targets, url: &str) -> TargetId {
    targets.target_for(url).0
}

fn lines(targets: &Targets, link: LinkId) -> Vec<u32> {
    targets.places(link).into_iter().map(|place| place.line).collect()
}

#[test]
fn places_are_kept_until_a_link_is_ok() {
    let mut targets = Targets::default();
    let page = target(&mut targets, "http://a/");
    let link = noted(&mut targets, "http://a/", 1);
    noted(&mut targets, "http://a/", 2);
    assert_eq!(lines(&targets, link), [1, 2]);
    targets.answer(page, Answer::Ok(200), REDIRECTS_MAX);
    noted(&mut targets, "http://a/", 3);
    assert_eq!((lines(&targets, link), targets.place_count), (vec![1], 3));

    let page = target(&mut targets, "http://b/");
    let link = noted(&mut targets, "http://b/", 4);
    let reason = targets.reason(Reason::Status(404));
    targets.answer(page, Answer::Failed(reason), REDIRECTS_MAX);
    noted(&mut targets, "http://b/", 5);
    assert_eq!((lines(&targets, link), targets.failure(link)), (vec![4, 5], Some(&Reason::Status(404))));
}

#[test]
fn links_are_settled_when_their_redirects_end_in_whatever_order_answers_come() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut targets = Targets::default();
        let link = noted(&mut targets, "http://a/0#x", 1);
        let all = ["http://a/0", "http://a/1", "http://a/2"].map(|url| target(&mut targets, url));
        let mut needed = Vec::new();
        for index in order {
            let answer = match all.get(index + 1) {
                Some(to) => Answer::Redirect { to: *to, status: 302 },
                None => Answer::Ok(200),
            };
            needed.extend(targets.answer(all[index], answer, REDIRECTS_MAX));
        }
        assert_eq!((needed, targets.is_open(link)), (vec![all[2]], true), "{order:?}");
        targets.target_mut(all[2]).ids = Ids::Known(Box::new([hash_of("x")]));
        targets.answer(all[2], Answer::Ok(200), REDIRECTS_MAX);
        assert_eq!((targets.is_open(link), targets.failure(link)), (false, None), "{order:?}");
    }
}

#[test]
fn every_link_into_a_loop_is_told_of_it() {
    let mut targets = Targets::default();
    let links = ["http://a/0", "http://a/1", "http://a/2"].map(|url| noted(&mut targets, url, 1));
    let all = ["http://a/0", "http://a/1", "http://a/2"].map(|url| target(&mut targets, url));
    for (from, to) in [(0, 1), (1, 2), (2, 1)] {
        targets.answer(all[from], Answer::Redirect { to: all[to], status: 302 }, REDIRECTS_MAX);
    }
    assert!(links.iter().all(|link| targets.failure(*link) == Some(&Reason::RedirectLoop)));
}

#[test]
fn fragments_are_told_from_names_as_browsers_do() {
    let mut targets = Targets::default();
    let page = target(&mut targets, "http://a/");
    targets.target_mut(page).ids = {
        let mut ids: Vec<u64> = ["here", "a b", "x%20y", "user-content-readme", "ü"].iter().map(hash_of).collect();
        ids.sort_unstable();
        Ids::Known(ids.into())
    };
    targets.answer(page, Answer::Ok(200), REDIRECTS_MAX);
    for (fragment, is_there) in [
        ("here", true),
        ("Here", false),
        ("a%20b", true),
        ("x%20y", true),
        ("top", true),
        ("TOP", true),
        ("readme", true),
        ("%C3%BC", true),
        (":~:text=words", true),
        ("here:~:text=words", true),
        ("gone:~:text=words", false),
        ("!/route", true),
        ("/route", true),
        ("gone", false),
    ] {
        let link = noted(&mut targets, &format!("http://a/#{fragment}"), 1);
        assert_eq!(targets.settle(link, REDIRECTS_MAX), None);
        assert_eq!(targets.failure(link).is_none(), is_there, "{fragment}");
    }
}
