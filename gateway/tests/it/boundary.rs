//! Only the back office knows the worker's library: what an alert means is none of the door's business.

use std::{fs, path::Path};

fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn only_the_back_office_uses_the_library_of_the_worker() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&source, &mut files);
    let mut users = 0;
    for file in files {
        if fs::read_to_string(&file)
            .unwrap()
            .contains("calseta_worker")
        {
            let inside = file.starts_with(source.join("back_office"));
            assert!(inside, "{} uses calseta_worker", file.display());
            users += 1;
        }
    }
    assert!(users > 0, "nothing was looked at");
}
