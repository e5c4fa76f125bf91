"""Where controls' facts come from: the program's mocks (sim), an API, hosts over SSH, packets."""
