//! What may stand in `canaries.toml`, once: the checks of keys and types, and the schema for editors, are made from it.

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Integer,
    Number,
    List(&'static Shape),
    Table(&'static [Field]),
    /// Any keys, all values of one shape.
    Map(&'static Shape),
    /// The first shape of the same type as the value.
    Either(&'static [Shape]),
    Any,
}

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    pub(super) about: &'static str,
}

const fn field(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: false, about }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: true, about }
}

const TEXTS: Shape = Shape::List(&Shape::Text);

pub(super) const FILE: &[Field] = &[
    field(
        "artifacts",
        Shape::Text,
        "Where artifacts are kept: a directory, which begins at the file's folder, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX.",
    ),
    field(
        "baselines",
        Shape::Text,
        "Where approved pictures of pages are kept: a folder, which begins at the file's folder (visual-baselines there unless told otherwise); or, by content, file:///DIRECTORY, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX. Each canary has a part of its own in it.",
    ),
    field("defaults", Shape::Table(DEFAULTS), "What canaries do not say themselves."),
    field("retention", Shape::Table(RETENTION), "How long artifacts of runs are kept."),
    field("maintenance", Shape::List(&Shape::Table(MAINTENANCE)), "Windows in which canaries do not run."),
    field("canary", Shape::List(&Shape::Table(CANARY)), "The canaries."),
];

const SCHEDULE: Field = field(
    "schedule",
    Shape::Text,
    "rate(5 minutes), cron(0 9 ? * MON-FRI *), at(2026-11-23T08:00:00), or five fields as in */5 * * * *.",
);
const TIMEZONE: Field = field(
    "timezone",
    Shape::Text,
    "IANA name of the zone that calendar times are in, such as Europe/Berlin; UTC without one.",
);
const DST_FIELD: Field = field("dst", Shape::Table(DST), "What becomes of calendar times where clocks change.");
const TIMEOUT: Field =
    field("timeout", Shape::Text, "How long a run may take: 3s to 14m, and 5s less than a rate's interval.");
const JITTER: Field = field(
    "jitter",
    Shape::Text,
    "How far runs may be moved to spread load; how far depends on the canary's name alone. A rate's whole interval without one, and 0s for calendar times.",
);
const OVERLAP: Field = field(
    "overlap",
    Shape::Word(&["skip", "queue", "replace"]),
    "What happens when a canary is due while its last run is under way.",
);
const MISFIRE: Field = field(
    "misfire",
    Shape::Word(&["skip", "once"]),
    "What happens when runs were missed: the last may happen late, or none.",
);
const MAX_LATENESS: Field =
    field("max_lateness", Shape::Text, "How late a missed run may still happen; until the next is due without one.");
const RETRIES: Field = field("retries", Shape::Integer, "How often a failed run is tried again: 0 to 5.");
const RETRY_BACKOFF: Field =
    field("retry_backoff", Shape::Text, "The wait before the first retry, doubled for each of the next: up to 10m.");

const DEFAULTS: &[Field] =
    &[SCHEDULE, TIMEZONE, DST_FIELD, TIMEOUT, JITTER, OVERLAP, MISFIRE, MAX_LATENESS, RETRIES, RETRY_BACKOFF];

const DST: &[Field] = &[
    field(
        "missing",
        Shape::Word(&["skip", "shift"]),
        "A time that does not occur is left out, or becomes the first instant after.",
    ),
    field(
        "repeated",
        Shape::Word(&["first", "last", "both"]),
        "Which of the two instants of a time that occurs twice.",
    ),
];

const RETENTION: &[Field] = &[
    field("age", Shape::Text, "Artifacts of older runs go, such as 31d."),
    field("runs", Shape::Integer, "Most runs of one canary whose artifacts are kept."),
    field("bytes", Shape::Text, "Most bytes of all artifacts together, such as 2GiB."),
    field(
        "passed",
        Shape::Word(&["packed", "folder"]),
        "Runs without a browser that passed are lines in a file for each hour, or have a folder of files each.",
    ),
];

const MAINTENANCE: &[Field] = &[
    required("schedule", Shape::Text, "When the window opens: calendar times."),
    TIMEZONE,
    DST_FIELD,
    required("duration", Shape::Text, "How long it stays open: up to 7d."),
    field("canaries", TEXTS, "Names of the canaries it is for."),
    field("groups", TEXTS, "Groups it is for; all canaries, when neither is given."),
];

const CANARY: &[Field] = &[
    required("name", Shape::Text, "1 to 255 of 0-9, a-z, _ and -; unique in the file."),
    field("blueprint", Shape::Text, "What it does, in place of a script of your own."),
    field("script", Shape::Text, "A Rhai script; its path begins at the file's folder."),
    field("parameters", Shape::Map(&Shape::Any), "What the blueprint is told."),
    SCHEDULE,
    TIMEZONE,
    DST_FIELD,
    TIMEOUT,
    JITTER,
    OVERLAP,
    MISFIRE,
    MAX_LATENESS,
    RETRIES,
    RETRY_BACKOFF,
    field("groups", TEXTS, "Groups it belongs to: up to 10."),
    field("variables", Shape::Map(&Shape::Either(&[Shape::Text, Shape::Table(VARIABLE)])), "Texts for the script."),
    field("secrets", Shape::Map(&Shape::Table(SECRET)), "Secret texts for the script; never written anywhere."),
    field("hosts", TEXTS, "Hosts it may call, beside those of its parameters: a.example, *.a.example, a.example:8443."),
    field("alarm", Shape::Table(ALARM), "The alarm on its success."),
];

const VARIABLE: &[Field] = &[
    required("env", Shape::Text, "Name of a variable of the runner's environment."),
    field("default", Shape::Text, "Its value when the environment has none."),
];

const SECRET: &[Field] = &[
    field("env", Shape::Text, "Name of a variable of the runner's environment."),
    field("file", Shape::Text, "A file; its path begins at this file's folder."),
    field("command", TEXTS, "A program and its arguments, which writes the secret to its standard output."),
];

const ALARM: &[Field] = &[
    required("threshold", Shape::Number, "Fires when SuccessPercent is below: above 0, at most 100."),
    field("periods", Shape::Integer, "How many periods in a row: 1 to 100."),
    field(
        "missing",
        Shape::Word(&["missing", "breaching", "notBreaching", "ignore"]),
        "How a period without a run counts.",
    ),
    field("notify", TEXTS, "Webhooks: up to 5."),
];
