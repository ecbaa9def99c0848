#!/usr/bin/python3
"""draft"""
import sys, time
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import accounts, checks, servers, stock
import host as hosts

PASSWORD = "correct horse"

class ServerHost(hosts.Host):
    def __init__(self):
        stock.profile()
        super().__init__("--interval", 1, "--confirm-service", "WORKSTATIONS_CONFIRM")
    def furnish(self):
        log = super().furnish()
        servers.add_accounts()
        accounts.set_password("alice", PASSWORD)
        accounts.set_password("bob", PASSWORD)
        return log

def test_try(host):
    for kind in (servers.Dovecot, servers.Vsftpd, servers.Saslauthd, servers.Cups, servers.Xrdp):
        try:
            s, t = servers.timed(kind)
            print(kind.__name__, "up", t, flush=True)
            print(" right", servers.timed(lambda: s.try_in("alice", PASSWORD)), flush=True)
            print(" wrong", servers.timed(lambda: s.try_in("alice", "wrong")), flush=True)
            print(len(host.provider.requests()), [a.pairs for a in host.log.attempts()], flush=True)
            print(s.daemon.log.read_text()[-600:], flush=True)
            s.close()
        except Exception as e:
            import traceback; traceback.print_exc()
        host.log.clear()
    print(Path("/run/dovecot.log").read_text(), flush=True)

if __name__ == "__main__":
    checks.main(globals(), ServerHost)
