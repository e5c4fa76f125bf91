"""From the items of EC2's describe calls to the tables of Deployed, one file per kind.

Each file states, per shape of the API, which fields decide whether a packet passes, which do
not matter, and which must be empty because what they would mean is not modelled. A field in
none of these lists is refused: an API that grew is noticed, never half understood.
"""
