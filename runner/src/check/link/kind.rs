//! What holds a link, and what is expected behind it.

/// The element and attribute that hold a link, or what else it was found in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LinkKind {
    /// Given by the user.
    Start,
    /// `<a href>`.
    Anchor,
    /// `<area href>`.
    Area,
    /// `<link href>` to a page: `alternate`, `canonical`, `next` and others.
    Relation,
    /// `<link rel="stylesheet" href>`.
    StyleSheet,
    /// `<link href>` to a file: icons, manifests, preloads.
    LinkedFile,
    /// `<img src>`, and images of `input`, `image`, `body` and `video`.
    Image,
    /// A candidate of `srcset`.
    ImageCandidate,
    /// `<script src>`.
    Script,
    /// `<iframe src>` or `<frame src>`.
    Frame,
    /// `<audio>`, `<video>`, `<source>` and `<track>` with `src`.
    Media,
    /// `<embed src>` or `<object data>`.
    Object,
    /// `cite` of quotations and changes.
    Citation,
    /// `<meta http-equiv="refresh">`.
    Refresh,
    /// `url(...)` of a style.
    Style,
    /// `@import` of a style.
    Import,
    /// `<loc>` of a sitemap.
    Sitemap,
    /// `Location` of a redirect.
    Redirect,
}

/// What a link's target is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// Something to go to, whose own links count when it is in scope.
    Page,
    /// A style sheet, which names further files.
    StyleSheet,
    /// A file that names no further ones.
    File,
}

impl LinkKind {
    /// How reports name it: in the words of HTML.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "given",
            Self::Anchor => "a href",
            Self::Area => "area href",
            Self::Relation => "link href",
            Self::StyleSheet => "link stylesheet",
            Self::LinkedFile => "link file",
            Self::Image => "img src",
            Self::ImageCandidate => "srcset",
            Self::Script => "script src",
            Self::Frame => "iframe src",
            Self::Media => "media src",
            Self::Object => "object data",
            Self::Citation => "cite",
            Self::Refresh => "meta refresh",
            Self::Style => "css url",
            Self::Import => "css import",
            Self::Sitemap => "sitemap loc",
            Self::Redirect => "redirect",
        }
    }

    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Start
            | Self::Anchor
            | Self::Area
            | Self::Relation
            | Self::Frame
            | Self::Citation
            | Self::Refresh
            | Self::Sitemap
            | Self::Redirect => Purpose::Page,
            Self::StyleSheet | Self::Import => Purpose::StyleSheet,
            Self::LinkedFile
            | Self::Image
            | Self::ImageCandidate
            | Self::Script
            | Self::Media
            | Self::Object
            | Self::Style => Purpose::File,
        }
    }

    /// Whether a browser loads it with the page, so that it must not be `http` on an `https` page
    /// (<https://www.w3.org/TR/mixed-content/>).
    pub const fn is_loaded_with_page(self) -> bool {
        match self {
            Self::StyleSheet
            | Self::LinkedFile
            | Self::Image
            | Self::ImageCandidate
            | Self::Script
            | Self::Frame
            | Self::Media
            | Self::Object
            | Self::Style
            | Self::Import => true,
            Self::Start
            | Self::Anchor
            | Self::Area
            | Self::Relation
            | Self::Citation
            | Self::Refresh
            | Self::Sitemap
            | Self::Redirect => false,
        }
    }
}
