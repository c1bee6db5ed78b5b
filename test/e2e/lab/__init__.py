"""A laboratory for natto: network namespaces, links, the running appliance, traffic, captures.

Everything lives in a private world (`world`): namespaces of the kernel that belong to this process
alone. Nothing of the machine's own network is touched, and everything vanishes with the process,
even if it is killed.
"""
