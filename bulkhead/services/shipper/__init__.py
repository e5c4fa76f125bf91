"""Ships lines of log files to an object store as batches, each exactly once, in order.

Sources keep what they have until it is read (`tail`). A batch and the place up to which its source
was read are one file of the spool, written before anything is sent (`spool`); the object's key is
the batch's number and the digest of its content, put only where there is none yet. So a kill at
any moment, a full disk, and a store that is away lose nothing and double nothing: reading stops
while the spool is full, and says so.
"""
