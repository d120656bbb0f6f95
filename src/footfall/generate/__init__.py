"""The simulated shop: its history (`history`) and its real-time stream (`stream`).

Both are made by the same parts, from a plan and a seed: `calendar` (when people shop), `growth` (how busy
the shop is), `catalogue` (what it sells), `shoppers` (who buys), `sessions` (what they do) and `ledger`
(what becomes of their orders).
"""
