"""The lab's AWS API: moto behind a gate that serialises, journals and enforces."""
