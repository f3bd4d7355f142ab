"""Letters between members, and to and from people: inboxes that a gateway keeps."""
