"""The lab's region: one root process that holds the AWS API and the fabric, and how to reach it."""
