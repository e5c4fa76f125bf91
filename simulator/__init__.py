"""What happens to an estate: attacks now, the plant and its people with them."""
