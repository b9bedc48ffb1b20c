#!/bin/sh
# Makes the files of a stand-in bot in /app, once: what the policy's configuration, repository and logs back up.
set -eu
cd /app
[ -e .env ] && exit 0
mkdir -p logs
printf '2026-11-23 01:59:58 bot started\n' > logs/bot.log.1
printf '.env\nlogs/\n' > .gitignore
printf '# A stand-in for the bot\n' > README.md
git -c init.defaultBranch=staging init --quiet .
git add .gitignore README.md
git -c user.name=stand-in -c user.email=stand-in@localhost commit --quiet --message "Begin"
(umask 077 && printf 'BOT_TOKEN=%s\nENVIRONMENT=staging\n' "$(head -c 24 /dev/urandom | base64)" > .env.new)
mv .env.new .env
