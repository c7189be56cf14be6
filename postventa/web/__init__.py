"""The customers' pages: complaints, withdrawals, cases and orders, for people without an account."""
