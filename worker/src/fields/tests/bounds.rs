//! A hostile document is read within bounds: what is kept of it, and what is said of the rest.

use std::fmt::Write as _;

use crate::fields::{CatalogBuilder, MAX_TOTAL, MAX_VALUES, PathError, Reading, Scalar, Want};

fn text(reading: &Reading<'_>, id: crate::fields::PathId) -> Vec<String> {
    let values = reading.scalars(id).iter();
    values.map(|value| value.as_text().to_owned()).collect()
}

#[test]
fn the_first_values_of_a_path_are_kept_and_the_others_counted() -> anyhow::Result<()> {
    let mut builder = CatalogBuilder::new();
    let (path, other) = (
        builder.want("a", Want::Scalars)?,
        builder.want("b.c", Want::Scalars)?,
    );
    let objects = builder.want("b", Want::Objects)?;
    let catalog = builder.build();
    let values: Vec<usize> = (0..MAX_VALUES + 7).collect();
    let many: Vec<String> = values.iter().map(|n| format!(r#"{{"c":"{n}"}}"#)).collect();
    let document = format!(r#"{{"a": {values:?}, "b": [{}]}}"#, many.join(","));
    let reading = catalog.read(&document)?;
    let expected: Vec<String> = values[..MAX_VALUES]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        (text(&reading, path), reading.beyond(path)),
        (expected.clone(), 7)
    );
    assert_eq!(
        (text(&reading, other), reading.beyond(other)),
        (expected, 7)
    );
    assert_eq!(
        (reading.subtrees(objects).len(), reading.beyond(objects)),
        (MAX_VALUES, 7)
    );
    Ok(())
}

#[test]
fn a_value_that_overtakes_too_many_others_is_kept() -> anyhow::Result<()> {
    let mut builder = CatalogBuilder::new();
    let path = builder.want("a", Want::Scalars)?;
    let star = builder.want("s.*.x", Want::Scalars)?;
    let catalog = builder.build();
    let many = vec![1; MAX_VALUES * 2];
    let document = format!(
        r#"{{"a": {many:?}, "a": "last", "s": {{"k": {{"x": {many:?}}}, "k": {{"x": "last"}}}}}}"#
    );
    let reading = catalog.read(&document)?;
    assert_eq!(reading.scalars(path), [Scalar::Text("last".into())]);
    assert_eq!(reading.scalars(star), [Scalar::Text("last".into())]);
    Ok(())
}

#[test]
fn no_document_makes_the_reader_keep_more_than_its_total() -> Result<(), PathError> {
    let mut builder = CatalogBuilder::new();
    let ids: Vec<_> = (0..40)
        .map(|n| builder.want(&format!("p{n}"), Want::Scalars))
        .collect::<Result<_, _>>()?;
    let catalog = builder.build();
    let mut document = String::from("{");
    for n in 0..40 {
        write!(document, r#""p{n}": {:?},"#, vec![0; MAX_VALUES]).ok();
    }
    document.push_str(r#""end": 0}"#);
    let kept = catalog.read(&document).map(|reading| {
        let kept = ids.iter().map(|id| reading.scalars(*id).len());
        (
            kept.sum::<usize>(),
            ids.iter().map(|id| reading.beyond(*id)).sum::<usize>(),
        )
    });
    assert_eq!(kept, Ok((MAX_TOTAL, 40 * MAX_VALUES - MAX_TOTAL)));
    Ok(())
}
