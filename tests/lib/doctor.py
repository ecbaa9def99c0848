"""What `itsmectl check` has found."""
import json
import subprocess


def look(*topics: str) -> list[dict]:
    """The findings of those topics; its exit status must say whether any is a fault."""
    done = subprocess.run(["itsmectl", "check", "--offline", "--json"], capture_output=True,
                          text=True, timeout=60)
    result = json.loads(done.stdout)
    fault = any(found["level"] == "fault" for found in result["findings"])
    assert result["ok"] == (done.returncode == 0) == (not fault), result
    return [found for found in result["findings"] if found["topic"] in topics]


def look_bad(*topics: str) -> list[dict]:
    """Those of them that are not as they should be."""
    return [found for found in look(*topics) if found["level"] != "ok"]
