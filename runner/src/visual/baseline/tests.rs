//! Both layouts keep the same promises.

use std::fs;
use std::path::Path;

use super::picture::{sha256, with_facts};
use super::{BaselineError, BaselineKey, Baselines};
use crate::config::BaselinePlace;
use crate::visual::{BaselineFacts, Environment};

fn png(shade: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[shade; 4]).unwrap();
    out
}

fn facts(png: &[u8]) -> BaselineFacts {
    BaselineFacts {
        sha256: sha256(png),
        set: "2026-11-26T12:00:00Z".parse().unwrap(),
        environment: Environment {
            browser: "chromium".to_owned(),
            browser_version: "142.0.7444.59".to_owned(),
            platform: "linux x86_64".to_owned(),
            fonts: "0123456789abcdef".to_owned(),
            viewport: "1280x720".parse().unwrap(),
        },
    }
}

fn key() -> BaselineKey {
    BaselineKey::new("home", "1280x720".parse().unwrap(), "chromium")
}

fn open(address: &str) -> Baselines {
    let place = BaselinePlace::parse("baselines", address, Path::new("")).unwrap();
    Baselines::open(&place, "us-east-1").unwrap()
}

/// Both layouts in a fresh directory.
fn both(test: impl AsyncFn(Baselines)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for scheme in ["", "file://"] {
        let root = tempfile::tempdir().unwrap();
        runtime.block_on(test(open(&format!("{scheme}{}", root.path().display())).of_canary("shop")));
    }
}

#[test]
fn what_was_set_is_read_byte_for_byte_with_its_facts() {
    both(async |baselines| {
        let (key, png) = (key(), png(7));
        assert!(baselines.get(&key).await.unwrap().is_none());
        baselines.set(&key, &png, &facts(&png), None).await.unwrap();
        let read = open(baselines.address()).get(&key).await.unwrap().unwrap();
        assert_eq!((read.png, read.facts), (png.clone(), facts(&png)));
        let other = BaselineKey::new("cart", "1280x720".parse().unwrap(), "chromium");
        assert!(baselines.get(&other).await.unwrap().is_none());
    });
}

#[test]
fn only_what_was_looked_at_is_replaced() {
    both(async |baselines| {
        let (key, first, second, third) = (key(), png(1), png(2), png(3));
        baselines.set(&key, &first, &facts(&first), None).await.unwrap();
        let refused = baselines.set(&key, &second, &facts(&second), None).await.unwrap_err();
        assert!(matches!(refused, BaselineError::Conflict { .. }), "{refused}");
        baselines.set(&key, &second, &facts(&second), Some(&sha256(&first))).await.unwrap();
        let refused = baselines.set(&key, &third, &facts(&third), Some(&sha256(&first))).await.unwrap_err();
        assert!(refused.to_string().contains("set by somebody else meanwhile"), "{refused}");
        // The same picture by somebody else is what was wanted.
        baselines.set(&key, &second, &facts(&second), Some(&sha256(&first))).await.unwrap();
        assert_eq!(baselines.get(&key).await.unwrap().unwrap().png, second);
    });
}

#[test]
fn of_many_that_write_one_baseline_at_once_one_wins_and_the_others_are_told() {
    both(async |baselines| {
        let key = key();
        let writers: Vec<_> = (0..16_u8)
            .map(|shade| {
                let (baselines, key) = (baselines.clone(), key.clone());
                tokio::spawn(async move {
                    let png = png(shade);
                    baselines.set(&key, &png, &facts(&png), None).await.map(|()| png)
                })
            })
            .collect();
        let mut won = Vec::new();
        for writer in writers {
            match writer.await.unwrap() {
                Ok(png) => won.push(png),
                Err(error) => assert!(matches!(error, BaselineError::Conflict { .. }), "{error}"),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(baselines.get(&key).await.unwrap().unwrap().png, won[0]);
    });
}

#[tokio::test]
async fn a_file_that_is_no_baseline_is_told_and_can_be_replaced() {
    let root = tempfile::tempdir().unwrap();
    let baselines = open(&root.path().display().to_string());
    let (key, picture) = (key(), png(9));
    let whole = with_facts(&picture, &facts(&picture));
    let mut spoiled = whole.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    let mut other_facts = whole.clone();
    other_facts[70] ^= 1;
    let cases: [(&[u8], &str); 6] = [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is a pointer of Git LFS: run `git lfs pull`"),
        (&picture, "was not set by Siskin, set it anew with --update"),
        (&whole[..20], "is no PNG, or is cut off"),
        (&whole[..whole.len() - 3], "is not the picture that was approved"),
        (&spoiled, "is not the picture that was approved"),
        (&other_facts, "the checksum of its facts is wrong"),
    ];
    for (bytes, expected) in cases {
        let path = root.path().join(format!("{key}.png"));
        fs::write(&path, bytes).unwrap();
        let told = baselines.get(&key).await.unwrap_err().to_string();
        assert!(told.contains(expected) && told.contains(path.to_str().unwrap()), "{told}");
        baselines.set(&key, &picture, &facts(&picture), None).await.unwrap();
        assert_eq!(baselines.get(&key).await.unwrap().unwrap().png, picture);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named_and_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, b"a file").unwrap();
    let picture = png(1);
    for place in [file.join("baselines"), "/proc/siskin-baselines".into()] {
        let told = open(&place.display().to_string()).set(&key(), &picture, &facts(&picture), None).await.unwrap_err();
        assert!(
            matches!(&told, BaselineError::Unwritable { at, .. } if at.contains("home.1280x720.chromium.png")),
            "{told}"
        );
    }
    for (place, expected) in [("file://baselines", "must have a whole path"), ("ftp://x/y", "there is no scheme ftp")] {
        let told = BaselinePlace::parse("baselines", place, Path::new("")).unwrap_err().to_string();
        assert!(told.starts_with("baselines = ") && told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn what_is_damaged_by_content_is_told() {
    let root = tempfile::tempdir().unwrap();
    let baselines = open(&format!("file://{}", root.path().display()));
    let (key, picture) = (key(), png(4));
    baselines.set(&key, &picture, &facts(&picture), None).await.unwrap();
    let object = root.path().join("objects").join(format!("{}.png", sha256(&picture)));
    fs::write(&object, b"another").unwrap();
    assert!(baselines.get(&key).await.unwrap_err().to_string().contains("is not what its name says"));
    fs::remove_file(&object).unwrap();
    assert!(baselines.get(&key).await.unwrap_err().to_string().contains("is missing, and is in the index"));
    fs::write(root.path().join("index").join(format!("{key}.json")), b"{}").unwrap();
    assert!(baselines.get(&key).await.unwrap_err().to_string().contains("makes no sense"));
    baselines.set(&key, &picture, &facts(&picture), None).await.unwrap();
    assert_eq!(baselines.get(&key).await.unwrap().unwrap().png, picture);
    fs::write(&object, b"another").unwrap();
    baselines.set(&key, &picture, &facts(&picture), None).await.unwrap();
    assert_eq!(baselines.get(&key).await.unwrap().unwrap().png, picture);
}
