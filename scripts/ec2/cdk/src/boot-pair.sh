# shellcheck shell=bash
# For one of a pair, after boot.sh: keepalived elects, natto-takeover moves the routes of mapped prefixes to the elected
# one, and CloudWatch hears once a minute whether natto is healthy. With boot.ts's definitions
#   KEEPALIVED_RESTART   what shall start it again when it has died: a drop-in of its unit
#   KEEPALIVED_CONF   what /etc/keepalived/keepalived.conf shall say, for the first of both and with the example's addresses
#   OWN, PEER         the addresses for management
mkdir -p /etc/keepalived /etc/systemd/system/keepalived.service.d
printf '%s\n' "$KEEPALIVED_RESTART" >/etc/systemd/system/keepalived.service.d/natto.conf
instance=$(metadata instance-id)
read -r _ device _ < <(ip -o -4 address show to "$OWN")
conf=${KEEPALIVED_CONF//eth0/$device}
conf=${conf//192.0.2.1/$OWN}
conf=${conf//192.0.2.2/$PEER}
if is_new keepalived.conf "$conf"; then
  printf '%s\n' "$conf" >/etc/keepalived/keepalived.conf
  note keepalived.conf "$conf"
  action=restart
fi
cat >/etc/natto/on-active <<'END'
#!/bin/sh
exec natto-takeover aws --keep 60
END
chmod 755 /etc/natto/on-active

cat >/etc/systemd/system/natto-health-metric.service <<END
[Service]
Type=oneshot
Environment=AWS_DEFAULT_REGION=$AWS_DEFAULT_REGION
ExecStart=/bin/sh -c 'natto health >/dev/null && value=1 || value=0; \
exec aws cloudwatch put-metric-data --namespace natto --metric-name Healthy --value \$\$value \
--dimensions InstanceId=$instance'
END
cat >/etc/systemd/system/natto-health-metric.timer <<'END'
[Timer]
OnActiveSec=0
OnUnitActiveSec=60

[Install]
WantedBy=timers.target
END
systemctl daemon-reload
systemctl enable natto-takeover.service keepalived.service natto-health-metric.timer
systemctl "$action" natto-takeover.service keepalived.service natto-health-metric.timer
