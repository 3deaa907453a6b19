"""Fakes of the five gateways: real HTTP servers on loopback.

They refuse what the real ones refuse and, on demand, hang, drop connections, delay,
duplicate and reorder. The tests use them, and the demonstration's managers connect to
them. They share no code with the drivers, so that both cannot be wrong in the same way.
"""
