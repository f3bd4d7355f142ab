"""Evidence: headers, the one object that proves a fact, its verification in numbered steps; pure."""
