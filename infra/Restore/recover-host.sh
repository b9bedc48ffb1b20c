#!/bin/bash
# Runs once on a new host, as root: makes it ready and starts what it is for. Everything comes from this region.
set -euo pipefail
umask 077
export DEBIAN_FRONTEND=noninteractive AWS_DEFAULT_REGION='@REGION@' AWS_PAGER=''
exec >>/var/log/twibackup-host.log 2>&1
tell() { aws sns publish --topic-arn '@TOPIC@' --subject 'TwiBackup: @SYSTEM@ @MODE@' --message "$1" >/dev/null || true; }
trap 'tell "The host of @SYSTEM@ failed while it was being prepared (line $LINENO). Its log is in @LOG_GROUP@."' ERR
echo "$(date -u +%FT%TZ) preparing to @MODE@ @SYSTEM@"

# A rehearsal that hangs must not stay.
if [ '@MODE@' = rehearse ]; then shutdown -h +480; fi

# The data volume: the one disk that nothing is mounted from. It gets a file system only when it has none.
disk=$(lsblk -dnpo NAME,TYPE | awk '$2 == "disk" { print $1 }' | while read -r d; do
  lsblk -nro MOUNTPOINT "$d" | grep -q . || echo "$d"; done | head -n 1)
if [ -n "$disk" ]; then
  blkid "$disk" >/dev/null || mkfs.ext4 -q -m 1 "$disk"
  install -d -m 0755 /var/lib/postgresql
  grep -q ' /var/lib/postgresql ' /etc/fstab ||
    echo "UUID=$(blkid -s UUID -o value "$disk") /var/lib/postgresql ext4 defaults,noatime,nofail 0 2" >>/etc/fstab
  mount /var/lib/postgresql || mountpoint -q /var/lib/postgresql
fi

# What the image does not have yet. With an image that has everything, nothing is fetched.
need() { command -v "$1" >/dev/null || missing+=("$2"); }
missing=()
need aws awscli; need docker docker.io; need age age; need zstd zstd; need git git; need curl curl; need pg_createcluster postgresql-common
if [ ${#missing[@]} -gt 0 ]; then apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; fi
if [ ! -x /usr/lib/postgresql/@MAJOR@/bin/postgres ]; then
  sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
  apt-get install -qy --no-install-recommends postgresql-@MAJOR@ postgresql-client-@MAJOR@ @EXTENSIONS@
fi
install_agent() {
  [ -e "$1" ] || { curl -fsS --retry 5 -o /tmp/agent.deb "$2" && dpkg -i /tmp/agent.deb && rm /tmp/agent.deb; }
}
install_agent /usr/bin/amazon-ssm-agent 'https://amazon-ssm-@REGION@.s3.@REGION@.@SUFFIX@/latest/debian_@ARCH@/amazon-ssm-agent.deb'
install_agent /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent \
  'https://amazoncloudwatch-agent-@REGION@.s3.@REGION@.@SUFFIX@/debian/@ARCH@/latest/amazon-cloudwatch-agent.deb'
install -d -m 0755 /opt/aws/amazon-cloudwatch-agent/etc
cat >/opt/aws/amazon-cloudwatch-agent/etc/twibackup.json <<'JSON'
{"agent":{"run_as_user":"root"},"logs":{"logs_collected":{"files":{"collect_list":[
  {"file_path":"/var/log/twibackup-host.log","log_group_name":"@LOG_GROUP@","log_stream_name":"{instance_id}","timezone":"UTC"}]}}}}
JSON
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
  -c file:/opt/aws/amazon-cloudwatch-agent/etc/twibackup.json

# The same program that made the backups, out of the copy of its image in this region.
install -d -m 0755 /etc/twibackup /var/lib/twibackup
aws ssm get-parameter --name '@POLICY_PARAMETER@' --query Parameter.Value --output text >/etc/twibackup/twibackup.json
image=$(aws ssm get-parameter --name '@IMAGE_PARAMETER@' --query Parameter.Value --output text)
aws ecr get-login-password | docker login --username AWS --password-stdin "${image%%/*}"
docker pull -q "$image"
container=$(docker create "$image")
docker cp "$container:/usr/local/bin/twibackup" /usr/local/bin/twibackup
docker rm "$container" >/dev/null
chmod 0755 /usr/local/bin/twibackup
docker logout "${image%%/*}" >/dev/null

# Secrets are read at each start into the environment of that one process; nothing of them is written down.
cat >/usr/local/sbin/twibackup-host <<'RUN'
#!/bin/bash
set -euo pipefail
umask 077
export AWS_REGION='@REGION@' AWS_DEFAULT_REGION='@REGION@' TWIBACKUP_POLICY=/etc/twibackup/twibackup.json TWIBACKUP_PG_BIN=/usr/lib/postgresql/@MAJOR@/bin
secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }
@SECRETS@
exec /usr/local/bin/twibackup @COMMAND@
RUN
cat >/usr/local/sbin/twibackup-ended <<'END'
#!/bin/bash
# $SERVICE_RESULT is systemd's word for how it went.
export AWS_DEFAULT_REGION='@REGION@'
aws sns publish --topic-arn '@TOPIC@' --subject 'TwiBackup: @SYSTEM@ @MODE@' \
  --message "@MODE@ of @SYSTEM@ on $(hostname) ended: ${SERVICE_RESULT:-unknown}. Its log is in @LOG_GROUP@." >/dev/null
[ "${SERVICE_RESULT:-}" != success ] || touch /var/lib/twibackup/done
if [ '@MODE@' = rehearse ]; then shutdown -h +5; fi
END
chmod 0700 /usr/local/sbin/twibackup-host /usr/local/sbin/twibackup-ended
cat >/etc/systemd/system/twibackup-host.service <<'UNIT'
[Unit]
Description=TwiBackup: @MODE@ @SYSTEM@
After=network-online.target docker.service
Wants=network-online.target
ConditionPathExists=!/var/lib/twibackup/done
StartLimitIntervalSec=3600
StartLimitBurst=5

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/twibackup-host
ExecStopPost=/usr/local/sbin/twibackup-ended
StandardOutput=append:/var/log/twibackup-host.log
StandardError=append:/var/log/twibackup-host.log
Restart=@RESTART@
RestartSec=30

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
trap - ERR
tell "The host of @SYSTEM@ is ready to @MODE@; it starts now. Its log is in @LOG_GROUP@."
systemctl enable twibackup-host.service
systemctl start --no-block twibackup-host.service
