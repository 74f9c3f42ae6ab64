//! What the browser pretends to be: size, device, place, time zone, language.

use rhai::Dynamic;
use serde_json::{Value, json};

use super::read::evaluate;
use crate::browser::Viewport;
use crate::script::failure::HostError;
use crate::script::host::Host;
use crate::script::table::{Answer, Call, Function, nothing};

/// Largest page that a script may ask for, in CSS pixels.
const SIDE_MAX: i64 = 8_192;

/// A device as Chrome's developer tools emulate it.
struct Device {
    name: &'static str,
    width: u32,
    height: u32,
    scale: f64,
    user_agent: &'static str,
}

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
Version/18.5 Mobile/15E148 Safari/604.1";
const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
Mobile/15E148 Safari/604.1";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile \
Safari/537.36";

const DEVICES: &[Device] = &[
    Device { name: "iPhone SE", width: 375, height: 667, scale: 2.0, user_agent: IPHONE },
    Device { name: "iPhone 15", width: 393, height: 852, scale: 3.0, user_agent: IPHONE },
    Device { name: "iPhone 15 Pro Max", width: 430, height: 932, scale: 3.0, user_agent: IPHONE },
    Device { name: "iPad", width: 820, height: 1180, scale: 2.0, user_agent: IPAD },
    Device { name: "Pixel 8", width: 412, height: 915, scale: 2.625, user_agent: ANDROID },
    Device { name: "Galaxy S24", width: 360, height: 780, scale: 3.0, user_agent: ANDROID },
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "set_viewport",
        takes: "width: number, height: number, options?: map",
        gives: "",
        about: "Sets the size of the page's visible part in CSS pixels, each 1 to 8,192; 1280 x 720 unless told otherwise. \
`options` are `device_scale_factor` (pixels of the screen for each, 0.1 to 10; 1 unless told otherwise), `mobile` and `touch` \
(false unless told otherwise).",
        fails: "",
        example: "page::set_viewport(390, 844);\nassert::equal(page::evaluate(\"return innerWidth\"), 390);\npage::set_viewport(1280, 720);",
        run: |call| {
            let width = call.whole(0, 1..=SIDE_MAX)? as u32;
            let height = call.whole(1, 1..=SIDE_MAX)? as u32;
            if call.given(2).is_some() {
                return set_screen(call, width, height);
            }
            let deadline = call.host.bridge().deadline();
            call.host.page(async |session| session.set_viewport(Viewport { width, height }, deadline).await)?;
            Ok(Dynamic::UNIT)
        },
    },
    Function {
        name: "emulate_device",
        takes: "name: text",
        gives: "",
        about: "Takes size, pixel density, touch and user agent of a device: `iPhone SE`, `iPhone 15`, \
`iPhone 15 Pro Max`, `iPad`, `Pixel 8`, `Galaxy S24`; `desktop` is none. It is Chrome all the same.",
        fails: "",
        example: "page::emulate_device(\"iPhone 15\");\npage::reload();\n\
assert::equal(page::evaluate(\"return [innerWidth, devicePixelRatio, navigator.maxTouchPoints > 0]\"), [393, 3, true]);\n\
page::emulate_device(\"desktop\");",
        run: emulate_device,
    },
    Function {
        name: "set_user_agent",
        takes: "user_agent: text",
        gives: "",
        about: "Sets the browser's user agent; what tells canaries from people stays at its end.",
        fails: "",
        example: "page::set_user_agent(\"TeaBot/1.0\");\npage::reload();\nassert::contains(page::evaluate(\"return navigator.userAgent\"), \"TeaBot/1.0\");",
        run: |call| {
            let agent = format!("{} {}", call.text(0)?, call.host.user_agent());
            call.host.look(|look| look.user_agent = Some(agent));
            set_agent(call.host)
        },
    },
    Function {
        name: "set_locale",
        takes: "locale: text",
        gives: "",
        about: "Sets language and formats, such as `de-DE`: `navigator.language`, `Accept-Language`, `Intl`. The empty \
text is the browser's own.",
        fails: "the browser does not know it",
        example: "page::set_locale(\"de-DE\");\npage::reload();\n\
assert::equal(page::evaluate(\"return [navigator.language, (1.5).toLocaleString()]\"), [\"de-DE\", \"1,5\"]);\n\
page::set_locale(\"\");",
        run: |call| {
            let locale = call.text(0)?;
            devtools(call, "Emulation.setLocaleOverride", json!({"locale": locale}))?;
            call.host.look(|look| look.language = Some(locale).filter(|locale| !locale.is_empty()));
            set_agent(call.host)
        },
    },
    Function {
        name: "set_time_zone",
        takes: "zone: text",
        gives: "",
        about: "Sets the time zone by its IANA name, such as `Asia/Tokyo`. The empty text is the machine's own.",
        fails: "the browser does not know it",
        example: "page::set_time_zone(\"Asia/Tokyo\");\n\
assert::equal(page::evaluate(\"return new Date(0).getHours()\"), 9);\npage::set_time_zone(\"\");",
        run: |call| devtools(call, "Emulation.setTimezoneOverride", json!({"timezoneId": call.text(0)?})).map(nothing),
    },
    Function {
        name: "set_location",
        takes: "latitude: number, longitude: number, accuracy?: number",
        gives: "",
        about: "Tells pages that ask where the browser is: degrees, and metres of accuracy (10 unless told otherwise). \
They are let to ask.",
        fails: "",
        example: "page::set_location(48.137, 11.575);\n\
let at = page::evaluate(\"return new Promise(done => navigator.geolocation.getCurrentPosition(at => done(at.coords.latitude)))\");\n\
assert::approx(at, 48.137, 0.001);",
        run: |call| {
            let degrees = |index, most: f64| {
                let degrees = call.number(index)?;
                if degrees.abs() <= most {
                    Ok(degrees)
                } else {
                    Err(call.wrong(index, &format!("-{most} to {most} degrees")))
                }
            };
            let (latitude, longitude) = (degrees(0, 90.0)?, degrees(1, 180.0)?);
            let accuracy = if call.given(2).is_some() { call.number(2)? } else { 10.0 };
            let deadline = call.host.bridge().deadline();
            let params = json!({"permissions": ["geolocation"]});
            call.host
                .page(async |session| session.devtools_browser("Browser.grantPermissions", params, deadline).await)?;
            let params = json!({"latitude": latitude, "longitude": longitude, "accuracy": accuracy});
            devtools(call, "Emulation.setGeolocationOverride", params).map(nothing)
        },
    },
    Function {
        name: "set_color_scheme",
        takes: "scheme: text",
        gives: "",
        about: "Has pages prefer `light` or `dark`.",
        fails: "",
        example: "page::set_color_scheme(\"dark\");\n\
assert::equal(page::evaluate(\"return matchMedia('(prefers-color-scheme: dark)').matches\"), true);\npage::set_color_scheme(\"light\");",
        run: |call| {
            let scheme = call.text(0)?;
            if !matches!(scheme.as_str(), "light" | "dark") {
                return Err(call.wrong(0, "\"light\" or \"dark\""));
            }
            let features = json!([
                {"name": "prefers-color-scheme", "value": scheme},
                // As at the start, for pictures that do not move.
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]);
            devtools(call, "Emulation.setEmulatedMedia", json!({"features": features})).map(nothing)
        },
    },
];

fn set_screen(call: &Call<'_>, width: u32, height: u32) -> Answer {
    let mut options = call.options(2)?;
    let scale = options.number("device_scale_factor")?.unwrap_or(1.0);
    if !(0.1..=10.0).contains(&scale) {
        return Err(options.wrong("device_scale_factor", "a number from 0.1 to 10", &scale.to_string()));
    }
    let mobile = options.truth("mobile")?.unwrap_or(false);
    let touch = options.truth("touch")?.unwrap_or(false);
    options.end(&["device_scale_factor", "mobile", "touch"])?;
    let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile});
    devtools(call, "Emulation.setDeviceMetricsOverride", size)?;
    let touch = json!({"enabled": touch, "maxTouchPoints": if touch { 5 } else { 1 }});
    devtools(call, "Emulation.setTouchEmulationEnabled", touch).map(nothing)
}

pub(super) fn devtools(call: &Call<'_>, method: &'static str, params: Value) -> Result<(), HostError> {
    let deadline = call.host.bridge().deadline();
    call.host.page(async |session| session.devtools(method, params, deadline).await).map(drop)
}

fn emulate_device(call: &Call<'_>) -> Answer {
    let name = call.text(0)?;
    let device = DEVICES.iter().find(|device| device.name == name);
    if device.is_none() && name != "desktop" {
        let names: Vec<_> = DEVICES.iter().map(|device| device.name).collect();
        return Err(call.wrong(0, &format!("one of {}, desktop", names.join(", "))));
    }
    let desktop = Viewport::default();
    let (width, height) = device.map_or((desktop.width, desktop.height), |device| (device.width, device.height));
    let scale = device.map_or(1.0, |device| device.scale);
    let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": device.is_some()});
    devtools(call, "Emulation.setDeviceMetricsOverride", size)?;
    let touch = json!({"enabled": device.is_some(), "maxTouchPoints": if device.is_some() { 5 } else { 1 }});
    devtools(call, "Emulation.setTouchEmulationEnabled", touch)?;
    let agent = device.map(|device| format!("{} {}", device.user_agent, call.host.user_agent()));
    call.host.look(|look| look.user_agent = agent);
    set_agent(call.host)
}

/// User agent and language are one setting of the browser's.
fn set_agent(host: &Host) -> Answer {
    if host.look(|look| look.own_agent.is_none()) {
        // Asked for before anything was set the first time, so it is the browser's own.
        let own = evaluate(host, "return navigator.userAgent", Vec::new())?;
        host.look(|look| look.own_agent = own.as_str().map(str::to_owned));
    }
    let own = host.look(|look| look.own_agent.clone()).unwrap_or_default();
    let (agent, language) = host.look(|look| (look.user_agent.clone(), look.language.clone()));
    let mut params = json!({"userAgent": agent.unwrap_or(own)});
    if let (Some(language), Some(fields)) = (language, params.as_object_mut()) {
        fields.insert("acceptLanguage".to_owned(), language.into());
    }
    let deadline = host.bridge().deadline();
    host.page(async |session| session.devtools("Emulation.setUserAgentOverride", params, deadline).await)
        .map(|_| Dynamic::UNIT)
}
