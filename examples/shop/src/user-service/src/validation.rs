//! What may be wrong with a form: every mistake at once, so that nobody has to send it twice.

use serde::{Deserialize, Serialize};

const LONGEST: usize = 254; // an address, RFC 5321

#[derive(Deserialize)]
pub struct Form {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
}

#[derive(Serialize)]
struct Problem {
    field: &'static str,
    problem: &'static str,
}

#[derive(Serialize)]
pub struct Report {
    valid: bool,
    problems: Vec<Problem>,
}

impl Report {
    pub fn of(form: &Form) -> Report {
        let found = [("email", email_problem(&form.email)), ("name", name_problem(&form.name))];
        let problems: Vec<Problem> = found
            .into_iter()
            .filter_map(|(field, problem)| problem.map(|problem| Problem { field, problem }))
            .collect();
        Report { valid: problems.is_empty(), problems }
    }
}

fn email_problem(email: &str) -> Option<&'static str> {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Some(if email.is_empty() { "is required" } else { "has no @" });
    };
    let odd = |character: char| character.is_whitespace() || character.is_control();
    let labels_are_good = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    match () {
        () if email.len() > LONGEST => Some("is longer than 254 bytes"),
        () if email.contains(odd) => Some("has a space in it"),
        () if local.is_empty() => Some("has nothing before the @"),
        () if !labels_are_good => Some("has no domain after the @, such as example.com"),
        () => None,
    }
}

fn name_problem(name: &str) -> Option<&'static str> {
    match name.trim().chars().count() {
        0 => Some("is required"),
        1..=100 if name.contains(char::is_control) => Some("has a control character in it"),
        1..=100 => None,
        _ => Some("is longer than 100 characters"),
    }
}
