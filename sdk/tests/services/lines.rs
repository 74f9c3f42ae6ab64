//! What the SDK costs in lines of the service.

#[test]
fn a_service_gets_its_traces_in_under_ten_lines() {
    let sources = [
        include_str!("../../examples/realworld/main.rs"),
        include_str!("../../examples/realworld/app.rs"),
        include_str!("../../examples/realworld/articles.rs"),
        include_str!("../../examples/realworld/comments.rs"),
        include_str!("../../examples/realworld/error.rs"),
        include_str!("../../examples/realworld/users.rs"),
    ];
    let lines = sources.iter().flat_map(|source| source.lines());
    let code: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with("//")).collect();
    let marked = code.iter().filter(|line| line.ends_with("// siskin")).count();
    let unmarked = code.iter().filter(|line| line.contains("siskin") && !line.ends_with("// siskin")).count();
    assert!((1..10).contains(&marked) && unmarked == 0, "{marked} lines, {unmarked} not marked");
}
