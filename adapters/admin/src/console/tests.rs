//! What holds of the console's files as they are; what they do is tested in a browser.

use super::*;

fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let scripts = FILES
        .iter()
        .filter(|file| file.kind.starts_with("text/javascript"));
    scripts.map(|file| (file.name, std::str::from_utf8(file.bytes).unwrap()))
}

#[test]
fn every_file_of_the_folder_is_served_and_every_import_is_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console/assets");
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut served: Vec<&str> = FILES.iter().map(|file| file.name).collect();
    served.sort_unstable();
    assert_eq!(there, served);

    let imports = scripts().flat_map(|(name, text)| {
        let from = text.split("from \"./").skip(1);
        from.map(move |rest| (name, rest.split('"').next().unwrap()))
    });
    let mut count = 0;
    for (name, imported) in imports {
        assert!(served.contains(&imported), "{name} imports {imported}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn nothing_is_inline_nothing_comes_from_elsewhere_and_no_text_becomes_html() {
    let page = include_str!("assets/index.html");
    for inline in ["<style", " style=", " onclick=", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
    let scripts_of_page = page.matches("<script").count();
    assert_eq!(page.matches("<script src=").count(), scripts_of_page);
    for (name, text) in scripts() {
        let sinks = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ];
        for sink in sinks {
            assert!(!text.contains(sink), "{name}: {sink}");
        }
        let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!elsewhere.contains("://"), "{name}");
    }
    let style = include_str!("assets/app.css");
    assert!(!style.contains("url(") && !style.contains("@import"));
}

#[test]
fn a_file_that_is_known_is_not_sent_again() {
    let mut request = HeaderMap::new();
    let first = served("main.js", &request);
    assert_eq!(first.status(), 200);
    request.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
    assert_eq!(served("main.js", &request).status(), 304);
    request.insert(IF_NONE_MATCH, "\"another\"".parse().unwrap());
    assert_eq!(served("main.js", &request).status(), 200);
}
