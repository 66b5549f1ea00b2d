//! The shells can read the scripts that complete the subcommands.

use std::fs;
use std::process::Command;

use crate::program::bare;

#[test]
fn each_shell_reads_its_script() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let ran = bare(&["completion", shell]);
        assert!(ran.out(0).contains("dead-letters"), "{shell}");
        let file = folder.path().join(shell);
        fs::write(&file, &ran.out).unwrap();
        match Command::new(shell).arg(check).arg(&file).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            // The shell is not on this machine; bash is on every one that these tests run on.
            Err(error) => assert_ne!(shell, "bash", "{error}"),
        }
    }
    for shell in ["elvish", "powershell"] {
        assert!(bare(&["completion", shell]).out(0).contains("dead-letters"), "{shell}");
    }
}
