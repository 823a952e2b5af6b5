//! User accounts, kept as sent: Unix tells case apart, so no case is changed, and `DOMAIN\name` keeps its
//! domain. Only `.\` and placeholder domains are cut, as they name no domain. Users' SIDs, ARNs, UPNs and
//! opaque ids are accounts. Refused: accounts of the system and of machines, and in fields of ids bare
//! numbers, which mean nothing outside their host.

use super::noise::{after, is_placeholder, is_system_account};
use super::tally::Dropped;

const LONGEST: usize = 256;

/// The canonical account in trimmed `text`; a bare number is one only where `numbers` are names.
pub(crate) fn parse(text: &str, numbers: bool) -> Result<&str, Dropped> {
    let mut text = text;
    let (domain, name) = loop {
        match text.split_once('\\') {
            Some((domain, name)) if domain == "." || is_placeholder(domain.trim()) => {
                text = name.trim_start();
            }
            Some((domain, name)) => break (Some(domain), name),
            None => break (None, text),
        }
    };
    if is_placeholder(name.trim()) {
        return Err(Dropped::Placeholder);
    }
    if text.chars().any(char::is_control) {
        return Err(Dropped::WrongType);
    }
    if text.len() > LONGEST && text.chars().count() > LONGEST {
        return Err(Dropped::TooLong);
    }
    if is_system_account(domain, name) {
        return Err(Dropped::SystemAccount);
    }
    if !numbers && is_number(name) {
        return Err(Dropped::NumericAccount);
    }
    Ok(text)
}

fn is_number(name: &str) -> bool {
    let digits = name.strip_prefix('-').unwrap_or(name);
    let hex = after(name, "0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_users_stay_as_sent_and_the_systems_own_are_dropped() {
        let kept = [
            "admin",
            "Administrator",
            "root",
            "CORP\\JDoe",
            "jdoe@CORP.LOCAL",
            "S-1-5-21-4102481429-207641625-1255947624-1106",
            "S-1-12-1-1-2-3-4",
            "arn:aws:iam::123456789012:user/bob",
            "john doe",
            "DWM-operator",
        ];
        for name in kept {
            assert_eq!(parse(name, false), Ok(name));
        }
        assert_eq!(parse(".\\admin", true), Ok("admin"));
        assert_eq!(parse("-\\admin", true), Ok("admin"));
        assert_eq!(parse("10234", true), Ok("10234"));
        let system = [
            "SYSTEM",
            "system",
            "NT AUTHORITY\\SYSTEM",
            "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)",
            "Local Service",
            "DWM-1",
            "Window Manager\\DWM-12",
            "UMFD-0",
            "ANONYMOUS LOGON",
            "DC01$",
            "CORP\\DC01$",
            "DC01$@CORP.LOCAL",
            "SYSTÈME",
            "S-1-5-18",
            "s-1-0-0",
            "S-1-5-90-0-1",
        ];
        for name in system {
            assert_eq!(parse(name, true), Err(Dropped::SystemAccount), "{name}");
        }
        for number in ["0", "1001", "-1", "0x3e7"] {
            assert_eq!(
                parse(number, false),
                Err(Dropped::NumericAccount),
                "{number}"
            );
        }
        for nothing in ["CORP\\-", "CORP\\", "-\\-", ".\\", "unknown"] {
            assert_eq!(parse(nothing, true), Err(Dropped::Placeholder), "{nothing}");
        }
    }
}
