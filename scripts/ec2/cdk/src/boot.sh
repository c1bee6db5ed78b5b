#!/usr/bin/env bash
# Brings the appliance to what was deployed: packages, configuration, hugepages, the interfaces' driver,
# service. Runs as root at every boot, with the definitions that boot.ts puts below the first line:
#   NATTO_TOML, MAPPINGS_TOML   what the two files in /etc/natto shall say
#   PACKAGES                    the s3:// address of a zip file with Debian packages
#   AWS_DEFAULT_REGION          for the download
# A file is written only when its deployed text is new, so that an edit made on the appliance
# outlives a reboot.
set -euo pipefail
shopt -s inherit_errexit

deployed=/var/lib/natto-deployed
mkdir -p /etc/natto "$deployed"

is_new() {  # NAME TEXT
  [[ ! -f $deployed/$1 || $(<"$deployed/$1") != "$2" ]]
}

note() {  # NAME TEXT: this is deployed now
  printf '%s\n' "$2" >"$deployed/$1"
}

write_config() {  # NAME TEXT: replaced in one step, because natto reads the table when it changes
  printf '%s\n' "$2" >"/etc/natto/.$1.new"
  mv "/etc/natto/.$1.new" "/etc/natto/$1"
  note "$1" "$2"
}

metadata() {  # PATH: what the instance's metadata says there
  local at=http://169.254.169.254/latest token
  token=$(curl -sSf --retry 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$at/api/token")
  curl -sSf --retry 3 -H "X-aws-ec2-metadata-token: $token" "$at/meta-data/$1"
}

# The MAC addresses of all interfaces but the first, which is for administration, by instance metadata.
data_interfaces() {
  local macs mac number
  macs=$(metadata network/interfaces/macs/)
  for mac in $macs; do
    number=$(metadata "network/interfaces/macs/${mac%/}/device-number")
    [[ $number == 0 ]] || echo "${mac%/}"
  done
}

action=start
if is_new mappings.toml "$MAPPINGS_TOML"; then
  write_config mappings.toml "$MAPPINGS_TOML"
fi
if is_new natto.toml "$NATTO_TOML"; then
  write_config natto.toml "$NATTO_TOML"
  action=restart
fi
if is_new packages "$PACKAGES"; then
  folder=$(mktemp -d)
  aws s3 cp --only-show-errors "$PACKAGES" "$folder/packages.zip"
  python3 -m zipfile -e "$folder/packages.zip" "$folder"
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold "$folder"/*.deb
  rm -r "$folder"
  note packages "$PACKAGES"
  action=restart
fi
# What natto and its tables take, and packet buffers and a translation cache for each worker.
natto-hugepages $((1024 + 64 * $(nproc)))
driver=vfio-pci
if modinfo igb_uio >/dev/null 2>&1; then  # the packages or the image have brought it
  driver=igb_uio
  install -D -m 644 -t /etc/systemd/system/natto.service.d /usr/share/doc/natto/examples/igb_uio.conf
  systemctl daemon-reload
fi
interfaces=$(data_interfaces)
# shellcheck disable=SC2086  # a word for each interface
natto-bind --driver "$driver" $interfaces
systemctl enable natto.service
systemctl "$action" natto.service
