//! Battery and load.

use std::fs;
use std::path::Path;

/// True when a battery of the machine is discharging and no mains supply is on; `root` is `/` but in
/// tests. A machine without batteries is never on one.
///
/// Source: `Documentation/ABI/testing/sysfs-class-power` of the Linux kernel.
pub fn on_battery(root: &Path) -> bool {
    let Ok(supplies) = fs::read_dir(root.join("sys/class/power_supply")) else { return false };
    let (mut discharging, mut mains) = (false, false);
    for supply in supplies.flatten() {
        let read = |name: &str| fs::read_to_string(supply.path().join(name)).unwrap_or_default();
        // A mouse has a battery too; its scope is `Device`.
        if read("scope").trim() == "Device" {
            continue;
        }
        match read("type").trim() {
            "Battery" => discharging |= read("status").trim() == "Discharging",
            _ => mains |= read("online").trim() == "1",
        }
    }
    discharging && !mains
}

/// The mean number of threads that ran or waited for a disk during the last minute, all processes
/// together; `None` where it is not told.
pub fn load(root: &Path) -> Option<f64> {
    let text = fs::read_to_string(root.join("proc/loadavg")).ok()?;
    text.split(' ').next()?.parse().ok().filter(|load: &f64| load.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(supplies: &[(&str, &[(&str, &str)])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("made");
        for (name, values) in supplies {
            let supply = root.path().join("sys/class/power_supply").join(name);
            fs::create_dir_all(&supply).expect("made");
            for (file, text) in *values {
                fs::write(supply.join(file), format!("{text}\n")).expect("written");
            }
        }
        root
    }

    #[test]
    fn only_a_battery_that_empties_counts() {
        let battery = |status| ("BAT0", [("type", "Battery"), ("status", status)]);
        let mains = |online| ("AC", [("type", "Mains"), ("online", online)]);
        let told = |battery: (&str, [(&str, &str); 2]), mains: (&str, [(&str, &str); 2])| {
            on_battery(machine(&[(battery.0, &battery.1), (mains.0, &mains.1)]).path())
        };
        assert!(told(battery("Discharging"), mains("0")));
        assert!(!told(battery("Charging"), mains("1")));
        assert!(!told(battery("Discharging"), mains("1")), "a weak charger is a charger");
        assert!(!on_battery(machine(&[]).path()), "a desktop");
        let mouse = [("type", "Battery"), ("status", "Discharging"), ("scope", "Device")];
        assert!(!on_battery(machine(&[("hid", &mouse)]).path()), "a mouse");
    }

    #[test]
    fn the_load_is_the_first_number() {
        let root = tempfile::tempdir().expect("made");
        fs::create_dir(root.path().join("proc")).expect("made");
        fs::write(root.path().join("proc/loadavg"), "3.25 1.00 0.50 2/345 6789\n")
            .expect("written");
        assert_eq!(load(root.path()), Some(3.25));
        assert_eq!(load(Path::new("/no-such-root")), None);
    }
}
