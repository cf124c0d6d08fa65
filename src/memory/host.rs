//! How much memory the host can spare.

use std::fs;
use std::path::Path;

use super::SMALLEST_BUDGET;

/// What the host says of its memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Memory that can be taken without swapping.
    pub available: u64,
    /// The tightest limit of a control group around this process, if there is one.
    pub cgroup_limit: Option<u64>,
}

impl Host {
    /// Asks the operating system.
    pub fn read() -> Self {
        // A host that does not tell gets the smallest budget, never an unbounded one.
        let available = sysinfo::System::new().map_or(0, |mut system| {
            system.refresh_memory();
            system.available_memory()
        });
        Self { available, cgroup_limit: cgroup_limit(Path::new("/")) }
    }
}

/// The default budget: min(0.8 × cgroup limit, 0.5 × available), in bytes.
pub fn budget(host: Host) -> u64 {
    let half = host.available / 2;
    let limited = host.cgroup_limit.map_or(half, |limit| half.min(limit / 10 * 8));
    limited.max(SMALLEST_BUDGET)
}

/// The tightest memory limit of the control groups (v2 and v1) this process is in; `root` is `/`.
///
/// Inside a container the group's own path may not be visible, but its limit then stands at the
/// top of the mounted tree; so all ancestors are asked, and the smallest answer counts.
fn cgroup_limit(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (mount, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let mount = root.join(mount);
        let own = Path::new(path.trim_start_matches('/'));
        limits.extend(own.ancestors().filter_map(|group| limit_in(&mount.join(group).join(file))));
    }
    limits.into_iter().min()
}

/// The number in a limit file; `None` for "max", for v1's "no limit" (about 2^63) and for no file.
fn limit_in(file: &Path) -> Option<u64> {
    let bytes: u64 = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (bytes < 1 << 60).then_some(bytes)
}

/// Reads a size such as `512M`, `2G`, `1.5GiB`, `800000000` (bytes); units are powers of 1 024.
///
/// `None` for anything else, for zero and for sizes beyond 2^60.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()?
        * f64::from(1u32 << (factor % 20))
        * (1u64 << (factor - factor % 20)) as f64;
    (1.0..=(1u64 << 60) as f64).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(groups: &str, limits: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir_all(root.path().join("proc/self")).expect("made");
        fs::write(root.path().join("proc/self/cgroup"), groups).expect("written");
        for (file, text) in limits {
            let file = root.path().join("sys/fs/cgroup").join(file);
            fs::create_dir_all(file.parent().expect("has a parent")).expect("made");
            fs::write(file, text).expect("written");
        }
        cgroup_limit(root.path())
    }

    #[test]
    fn the_tightest_ancestor_counts_in_v2() {
        let limits = [
            ("a/b/memory.max", "max\n"),
            ("a/memory.max", "268435456\n"),
            ("memory.max", "536870912\n"),
        ];
        assert_eq!(host("0::/a/b\n", &limits), Some(256 << 20));
    }

    #[test]
    fn v1_is_read_and_its_no_limit_ignored() {
        let groups = "5:cpu,cpuacct:/x\n4:memory:/docker/1\n";
        let file = "memory/docker/1/memory.limit_in_bytes";
        assert_eq!(host(groups, &[(file, "134217728\n")]), Some(128 << 20));
        assert_eq!(host(groups, &[(file, "9223372036854771712\n")]), None);
    }

    #[test]
    fn a_host_without_groups_has_no_limit() {
        assert_eq!(host("", &[]), None);
        assert_eq!(host("garbage", &[]), None);
    }

    #[test]
    fn the_default_follows_the_tighter_of_both() {
        let gb = 1 << 30;
        assert_eq!(budget(Host { available: 8 * gb, cgroup_limit: None }), 4 * gb);
        let limited = budget(Host { available: 8 * gb, cgroup_limit: Some(gb) });
        assert_eq!(limited, gb / 10 * 8);
        assert_eq!(budget(Host { available: 0, cgroup_limit: None }), SMALLEST_BUDGET);
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_size("512M"), Some(512 << 20));
        assert_eq!(parse_size("1.5GiB"), Some(3 << 29));
        assert_eq!(parse_size("800000000"), Some(800_000_000));
        assert_eq!(parse_size("64 kb"), Some(64 << 10));
        for wrong in ["", "M", "12Q", "-5M", "0", "1e9", "NaN", "99999999T"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
    }
}
