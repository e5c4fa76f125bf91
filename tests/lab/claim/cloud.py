"""The lab's AWS API as an intruder or a tired colleague would use it: by boto3, thing by thing."""

from infra.lab.region import launch


class Cloud:
    """EC2 clients per account, and the plan's things found by their tag."""

    def __init__(self, info):
        self.clients = launch.clients(info)

    def ec2(self, account="platform"):
        return self.clients[account]

    def _find(self, call, key, identity, name, account):
        tag = {"Key": "bulkhead:id", "Value": name}
        found = [row for row in getattr(self.ec2(account), call)()[key] if tag in row["Tags"]]
        assert len(found) == 1, (call, name, len(found))
        return found[0][identity]

    def group(self, name, account="platform"):
        return self._find("describe_security_groups", "SecurityGroups", "GroupId", name, account)

    def acl(self, name, account="platform"):
        return self._find("describe_network_acls", "NetworkAcls", "NetworkAclId", name, account)

    def table(self, name, account="platform"):
        return self._find("describe_route_tables", "RouteTables", "RouteTableId", name, account)

    def subnet(self, name, account="platform"):
        return self._find("describe_subnets", "Subnets", "SubnetId", name, account)

    def vpc(self, name, account="platform"):
        return self._find("describe_vpcs", "Vpcs", "VpcId", name, account)

    def peering(self, name):
        call, key = "describe_vpc_peering_connections", "VpcPeeringConnections"
        return self._find(call, key, "VpcPeeringConnectionId", name, "platform")

    def rules(self, group, egress, account="platform"):
        """The rules of a group in one direction, as describe_security_group_rules gives them."""
        wanted = [{"Name": "group-id", "Values": [group]}]
        found = self.ec2(account).describe_security_group_rules(Filters=wanted)
        return [row for row in found["SecurityGroupRules"] if row["IsEgress"] == egress]

    def entries(self, name, egress, account="platform"):
        """The entries of an ACL in one direction, without the implicit deny."""
        acl = self.acl(name, account)
        found = self.ec2(account).describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]
        rows = [row for row in found["Entries"] if row["Egress"] == egress]
        return [row for row in rows if row["RuleNumber"] != 32767]

    def host(self, name, account="platform"):
        """The instance of a host."""
        wanted = [
            {"Name": "tag:bulkhead:id", "Values": [name]},
            {"Name": "instance-state-name", "Values": ["running", "stopped"]},
        ]
        found = self.ec2(account).describe_instances(Filters=wanted)["Reservations"]
        return found[0]["Instances"][0]
