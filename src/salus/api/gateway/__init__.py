"""What a member's gateway does for others: carry what they signed, answer their requests, account to them."""
