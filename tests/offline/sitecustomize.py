"""Refuse every connection to another host, in this process and its children.

Python imports a module of this name at its start. With this folder on
PYTHONPATH no notebook kernel can reach the network, whatever library it
uses: audit hooks sit below all of them and cannot be taken off again.
"""

import ipaddress
import sys

MESSAGE = "the network is blocked in tests"
LOCAL_NAMES = {None, "", "localhost", "localhost.localdomain"}
CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
LOOKING_UP = {
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
}


def is_local(host):
    """Return whether a host is this machine, without looking it up."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event, arguments):
    """Raise OSError when an audited call would leave this machine."""
    if event in LOOKING_UP:
        host = arguments[0]
    elif event in CONNECTING and isinstance(arguments[-1], tuple):
        host = arguments[-1][0]
    else:  # not the network, or a socket in the file system
        return
    if not is_local(host):
        raise ConnectionRefusedError(f"{MESSAGE}: {event} to {host}")


sys.addaudithook(refuse)
