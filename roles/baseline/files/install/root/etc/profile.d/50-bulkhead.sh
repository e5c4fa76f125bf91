# CIS 5.5.4: what people create is theirs alone.
umask 027
TMOUT=900
readonly TMOUT
export TMOUT
