#pragma once

#include <array>

#include "inspect/applications.hpp"

namespace natto {

/// For who is found by none of the marks below.
inline constexpr Application kUnknownApplication = {
    .name = "unknown application",
    .needs = AppNeeds::kSetting,
    .ports = "",
    .fields = "",
    .words = "",
    .as_it_comes = "",
    .advice =
        "look for the setting of the address that it announces, and let it say MAPPED, or a name "
        "that resolves to it at the reader's",
    .rests_on = "",
};

/// By need, as doc/applications.md shows them. Where a row is not tried, it says so.
inline constexpr auto kApplications = std::to_array<Application>({
    // Nothing is needed.
    {"Redis, one server", AppNeeds::kNothing, "", "", "", "works", "",
     "`test/apps/databases_test.py`"},
    {"MQTT (Mosquitto)", AppNeeds::kNothing, "", "", "", "works", "",
     "`test/apps/messages_test.py`"},
    {"NATS, one server", AppNeeds::kNothing, "", "", "", "works", "",
     "`test/apps/messages_test.py`"},
    {"SSH, scp", AppNeeds::kNothing, "", "", "",
     "works; the server's key is known by the mapped address or a name", "",
     "`test/e2e/services_test.py`"},
    {"FTP in extended passive mode (EPSV)", AppNeeds::kNothing, "", "", "",
     "works: the server names a port alone", "", "`test/apps/files_test.py`"},
    {"TFTP", AppNeeds::kNothing, "", "", "", "works", "", "`test/apps/files_test.py`"},
    {"HTTP with relative links or names", AppNeeds::kNothing, "", "", "", "works", "",
     "`test/apps/files_test.py`"},
    {"ping, traceroute, path MTU discovery", AppNeeds::kNothing, "", "", "",
     "work: natto translates what ICMP errors quote", "",
     "`test/e2e/icmp_test.py`, `test/e2e/traceroute_test.py`, `test/e2e/pmtud_test.py`"},
    {"Multipath TCP", AppNeeds::kNothing, "", "tcp.options.mptcp", "",
     "works on one path: a join to a real address fails, and nothing is lost", "",
     "[RFC 8684 §3.4.1](https://www.rfc-editor.org/rfc/rfc8684#section-3.4.1): an address that "
     "cannot be "
     "reached is given up; not tried by a test"},
    {"SMB without DFS", AppNeeds::kNothing, "", "", "", "works: its messages hold no addresses", "",
     "[MS-SMB2](https://learn.microsoft.com/openspecs/windows_protocols/ms-smb2/); not tried"},
    {"RabbitMQ (AMQP)", AppNeeds::kNothing, "", "", "",
     "works for clients; streams below, nodes of a cluster know each other by names", "",
     "[RabbitMQ, Networking](https://www.rabbitmq.com/docs/networking); not tried"},
    {"OpenVPN", AppNeeds::kNothing, "", "", "",
     "works, with `remote` the mapped address; what is inside the tunnel natto does not see", "",
     "[openvpn(8)](https://manpages.debian.org/openvpn); not tried by a test"},

    // A setting is needed.
    {"FTP, passive", AppNeeds::kSetting, "tcp 21", "ftp.passive", "227 Entering",
     "the data connection fails: `227` holds the server's real address",
     "set the server's passive address (vsftpd: pasv_address=MAPPED), or use EPSV",
     "`test/apps/files_test.py`"},
    {"FTP over TLS", AppNeeds::kSetting, "tcp 990", "", "",
     "as passive FTP, but nobody on the way can see it",
     "set the server's passive address (vsftpd: pasv_address=MAPPED), or use EPSV",
     "[vsftpd.conf(5)](https://manpages.debian.org/bookworm/vsftpd/vsftpd.conf.5.en.html), [RFC "
     "4217](https://www.rfc-editor.org/rfc/rfc4217); not tried"},
    {"Redis Cluster", AppNeeds::kSetting, "tcp 6379", "", "-MOVED |-ASK |myself,master",
     "keys of other nodes cannot be reached: `MOVED` holds a real address",
     "set on each node cluster-announce-ip MAPPED; its own bus then passes natto as well, and "
     "hairpin = \"drop\" would stop it",
     "`test/apps/databases_test.py`"},
    {"etcd", AppNeeds::kSetting, "tcp 2379 2380", "", "clientURLs",
     "the endpoint that was named works; members that it lists cannot be reached",
     "set on each member --advertise-client-urls http://MAPPED:2379",
     "`test/apps/databases_test.py`"},
    {"NATS, a cluster", AppNeeds::kSetting, "tcp 4222", "", "connect_urls",
     "works until a client changes to a server of `connect_urls`: these are real addresses",
     "set on each server client_advertise: \"MAPPED:4222\"", "`test/apps/messages_test.py`"},
    {"SIP", AppNeeds::kSetting, "udp 5060 tcp 5060 5061", "sip sdp", "SIP/2.0",
     "calls are set up; `Contact` and SDP hold real addresses, so that media and later requests go "
     "nowhere",
     "set on both sides the address to announce in Contact and SDP (Asterisk: "
     "external_signaling_address=MAPPED and external_media_address=MAPPED), or use a proxy that "
     "relays media",
     "`test/apps/calls_test.py`; [Asterisk's "
     "settings](https://docs.asterisk.org/Configuration/Channel-Drivers/SIP/Configuring-res_pjsip/"
     "Configuring-res_pjsip-to-work-through-NAT/) were not tried"},
    {"RTSP", AppNeeds::kSetting, "tcp 554 8554", "rtsp", "RTSP/1.0|RTSP/2.0",
     "is answered; `Transport` and links to media hold real addresses, so that media may go "
     "nowhere",
     "let media go through RTSP's own connection (ffmpeg: -rtsp_transport tcp), and let the server "
     "name MAPPED, or a name, in its links",
     "[RFC 7826 §14](https://www.rfc-editor.org/rfc/rfc7826#section-14); not tried"},
    {"STUN, TURN", AppNeeds::kSetting, "udp 3478 tcp 3478", "stun.", "",
     "STUN's reflexive address is the mapped one, as it should be; a relayed address is the "
     "server's real "
     "one, and so is an answer's origin, which clients do not use",
     "set on the server external-ip=MAPPED/REAL for relays; no-rfc5780 with "
     "response-origin-only-with-rfc5780 leaves the origin out (coturn)",
     "`test/apps/calls_test.py`"},
    {"BGP", AppNeeds::kSetting, "tcp 179", "bgp.", "",
     "the session comes up (multihop); next hops are real addresses, and routes unreachable",
     "set on both sides the next hop that is told (bird: bgp_next_hop = MAPPED in an export "
     "filter)",
     "`test/apps/routes_test.py`"},
    {"DNS", AppNeeds::kSetting, "udp 53 tcp 53", "dns.", "", "answers hold real addresses",
     "let a forwarder rewrite the answers: natto export --to dnsmasq, doc/dns.md; between it and "
     "the name server real addresses go on passing",
     "`test/apps/names_test.py`, `test/e2e/names_test.py`, [dns.md](dns.md)"},
    {"Kafka", AppNeeds::kSetting, "tcp 9092 9093 9094", "kafka", "",
     "the bootstrap server answers; the brokers that it names cannot be reached",
     "set on each broker advertised.listeners=PLAINTEXT://MAPPED:9092, on a listener for the other "
     "company",
     "[Configure Kafka "
     "Listeners](https://docs.confluent.io/platform/current/kafka/listeners.html); not "
     "tried"},
    {"RabbitMQ streams", AppNeeds::kSetting, "tcp 5552", "", "",
     "clients are sent to a node's host name, which may not resolve",
     "set on each node stream.advertised_host = MAPPED",
     "[Stream Plugin](https://www.rabbitmq.com/docs/stream); not tried"},
    {"MongoDB, a replica set", AppNeeds::kSetting, "tcp 27017", "mongo", "",
     "clients go on to the members that `hello` lists, as the set's configuration has them",
     "name the members in the replica set's configuration (members[n].host) by names that resolve "
     "on each "
     "side, here to MAPPED; to one server alone: directConnection=true",
     "[Connection String "
     "Options](https://www.mongodb.com/docs/manual/reference/connection-string-options/); "
     "not tried"},
    {"Cassandra", AppNeeds::kSetting, "tcp 9042 7000", "cql", "",
     "the contact point works; other nodes are taken from system.peers",
     "set on each node broadcast_rpc_address: MAPPED (nodes of both sides: broadcast_address too), "
     "or an "
     "address translator in the driver",
     "[Address "
     "resolution](https://apache.github.io/cassandra-java-driver/4.18.1/core/address_resolution); "
     "not tried"},
    {"Elasticsearch", AppNeeds::kSetting, "tcp 9200 9300", "", "publish_address",
     "works, unless clients sniff: nodes publish real addresses",
     "set on each node http.publish_host: MAPPED, or switch sniffing off at the client",
     "[Sniffing best "
     "practices](https://www.elastic.co/blog/"
     "elasticsearch-sniffing-best-practices-what-when-why-how); not "
     "tried"},
    {"Consul", AppNeeds::kSetting, "tcp 8300 8301 8302 8500 8600 udp 8301 8302 8600", "", "",
     "answers, and gossip between datacenters, hold real addresses",
     "set on each agent advertise_addr_wan = \"MAPPED\", and translate_wan_addrs = true on both "
     "sides",
     "[Advertise address parameters]"
     "(https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file/address); "
     "not tried"},
    {"Galera", AppNeeds::kSetting, "tcp 4567 4568 4444 udp 4567", "", "",
     "nodes tell each other real addresses to replicate and to send state to",
     "set on each node wsrep_node_address=MAPPED and wsrep_sst_receive_address=MAPPED",
     "[wsrep_sst_receive_address]"
     "(https://mariadb.com/docs/reference/mdb/system-variables/wsrep_sst_receive_address/); not "
     "tried"},
    {"PostgreSQL", AppNeeds::kSetting, "tcp 5432", "pgsql", "",
     "works if `pg_hba.conf` admits the client's *mapped* address, which is what the server sees",
     "admit mapped addresses in pg_hba.conf (MAPPED stands for REAL); of an address in a query's "
     "result, see who uses it",
     "[The pg_hba.conf File](https://www.postgresql.org/docs/current/auth-pg-hba-conf.html); not "
     "tried"},
    {"MySQL, MariaDB", AppNeeds::kSetting, "tcp 3306", "mysql", "",
     "works if accounts are granted to the client's *mapped* address, which is what the server "
     "sees",
     "grant to 'user'@'mapped address'; replicas that report themselves: report_host=MAPPED",
     "[Specifying Account Names](https://dev.mysql.com/doc/refman/8.0/en/account-names.html); not "
     "tried"},
    {"Oracle Database", AppNeeds::kSetting, "tcp 1521", "tns", "(ADDRESS=(PROTOCOL=",
     "works with a dedicated server; a listener that redirects (RAC, shared server) names a real "
     "address",
     "set LOCAL_LISTENER to a name that resolves to MAPPED at the client's, or put a Connection "
     "Manager in "
     "between",
     "[Oracle Net Services Reference]"
     "(https://docs.oracle.com/en/database/oracle/oracle-database/19/netrf/); not tried"},
    {"Java RMI, JMX", AppNeeds::kSetting, "tcp 1099", "rmi", "",
     "look-ups work, calls do not: the stub holds the server's real address",
     "start the server with -Djava.rmi.server.hostname=MAPPED, or a name",
     "[RMI "
     "properties](https://docs.oracle.com/javase/8/docs/platform/rmi/spec/rmi-properties2.html); "
     "not "
     "tried"},
    {"Kubernetes API", AppNeeds::kSetting, "tcp 6443", "", "",
     "TLS fails: the certificate does not hold the mapped address; addresses of pods and nodes in "
     "answers "
     "are of no use",
     "add MAPPED, or a name, to the API server's certificate (kubeadm: "
     "--apiserver-cert-extra-sans), and "
     "publish services by a mapping of their own",
     "[kubeadm init phase certs "
     "apiserver](https://kubernetes.io/docs/reference/setup-tools/kubeadm/generated/"
     "kubeadm_init/kubeadm_init_phase_certs_apiserver); not tried"},
    {"gRPC with client-side balancing", AppNeeds::kSetting, "", "", "",
     "backends that a resolver or a balancer names by real addresses cannot be reached",
     "let DNS name them, with rewritten answers, or put one proxy's address in their place",
     "[gRPC name resolution](https://grpc.io/docs/guides/custom-name-resolution/); not tried"},
    {"TLS certificates that hold addresses", AppNeeds::kSetting, "", "x509ce. tls.", "",
     "the client refuses a certificate whose address it did not ask for",
     "put names into certificates, or MAPPED too",
     "[RFC 9525](https://www.rfc-editor.org/rfc/rfc9525); not tried"},
    {"IKEv2, IPsec", AppNeeds::kSetting, "udp 500 4500", "isakmp.", "",
     "NAT is detected, and ESP goes in UDP; AH cannot pass",
     "identify both sides by names instead of addresses, and encapsulate (strongSwan: id = NAME, "
     "encap = yes)",
     "[RFC 7296 §2.23](https://www.rfc-editor.org/rfc/rfc7296#section-2.23); not tried"},
    {"WireGuard", AppNeeds::kSetting, "", "", "", "works with the peer's mapped address",
     "set Endpoint = MAPPED:51820 on the side that opens",
     "[wg(8)](https://manpages.debian.org/bookworm/wireguard-tools/wg.8.en.html); not tried"},
    {"NFS", AppNeeds::kSetting, "tcp 2049 111 udp 111 2049", "nfs. portmap. rpcbind. mount.", "",
     "works if exports admit the client's *mapped* address; a callback of version 4.0 goes to the "
     "client's "
     "real one, so there are no delegations",
     "export to mapped addresses, and mount with vers=4.1 or later, whose callbacks use the "
     "client's own "
     "connection",
     "[exports(5)](https://manpages.debian.org/bookworm/nfs-kernel-server/exports.5.en.html), [RFC "
     "8881 §2.10.3.1](https://www.rfc-editor.org/rfc/rfc8881#section-2.10.3.1); not tried"},
    {"SMB with DFS", AppNeeds::kSetting, "tcp 445", "smb smb2 dfs", "",
     "referrals name other servers, by names that may not resolve",
     "let referrals hold full names (Windows: DfsDnsConfig), and those resolve to MAPPED",
     "[MS-DFSC](https://learn.microsoft.com/openspecs/windows_protocols/ms-dfsc/); not tried"},
    {"Kerberos", AppNeeds::kSetting, "tcp 88 udp 88", "kerberos.", "",
     "works unless tickets hold addresses",
     "ask for tickets without addresses (MIT: noaddresses = true, which is the default)",
     "[krb5.conf](https://web.mit.edu/kerberos/krb5-latest/doc/admin/conf_files/krb5_conf.html); "
     "not tried"},
    {"Logs and allow-lists that hold addresses", AppNeeds::kSetting, "", "", "",
     "the other company's hosts appear by their mapped addresses",
     "write mapped addresses into allow-lists; natto export --to hosts says which is whose",
     "[rfc-compliance.md](rfc-compliance.md), R1"},
    {"HTTP", AppNeeds::kSetting, "tcp 80 8080 8000", "http", "HTTP/1.0|HTTP/1.1",
     "the page comes; absolute links and redirects to real addresses lead nowhere; in "
     "X-Forwarded-For the address is of use for logs alone",
     "use relative links, or names that resolve to MAPPED at the reader's",
     "`test/apps/files_test.py`"},

    // It cannot work.
    {"FTP, active", AppNeeds::kSomethingElse, "", "ftp.active ftp.eprt", "^PORT #,#,#,#,#,#|^EPRT ",
     "`500 Illegal PORT command`: the client tells its real address",
     "use passive mode at the client, best EPSV", "`test/apps/files_test.py`"},
    {"Active Directory across the border", AppNeeds::kSomethingElse, "tcp 389 udp 389",
     "netlogon smb_netlogon cldap", "",
     "domain controllers and clients tell each other addresses in many protocols; its makers have "
     "not tested "
     "it over NAT and advise against it",
     "have a domain on each side, and publish single services",
     "[Support boundaries for Active Directory over NAT]"
     "(https://learn.microsoft.com/troubleshoot/windows-server/active-directory/"
     "support-for-active-directory-over-nat); not tried"},
    {"SCTP with several addresses", AppNeeds::kSomethingElse, "", "sctp.parameter", "",
     "the addresses in INIT are real ones: paths beside the first fail",
     "bind each end to one address, or let the application open an association for each path",
     "[RFC 9260 §3.3.2](https://www.rfc-editor.org/rfc/rfc9260#section-3.3.2); not tried; with one "
     "address SCTP works: `test/e2e/streams_test.py`"},
    {"IPsec AH", AppNeeds::kSomethingElse, "", "", "", "dropped: it signs the addresses", "use ESP",
     "[rfc-compliance.md](rfc-compliance.md), R5"},
});

}  // namespace natto
