#!/usr/bin/env bash
# Makes the keys for OAuth 1.0a at IBKR: two RSA key pairs and Diffie-Hellman parameters.
# Either the whole set appears in the folder or nothing changes there.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: generate_ib_keys.sh [--force] [--bits N] [FOLDER]

Makes private_signature.pem, public_signature.pem, private_encryption.pem,
public_encryption.pem and dhparam.pem in FOLDER (default: config/keys).

  --force    replace keys that are there already; a login with them then fails
  --bits N   key size (default 2048, which is what IBKR asks for; less is for tests)
  -h, --help
USAGE
}

say() { printf '%s\n' "$*" >&2; }

refuse() {
    say "generate_ib_keys.sh: $1"
    exit 2
}

force=no
bits=2048
folder=
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=yes ;;
        --bits)
            [ $# -ge 2 ] || refuse "--bits needs a number, such as --bits 2048"
            bits=$2
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) refuse "there is no option $1; see --help" ;;
        *)
            [ -z "$folder" ] || refuse "one folder only: $folder or $1?"
            [ -n "$1" ] || refuse "the folder's name is empty"
            folder=$1
            ;;
    esac
    shift
done
case $bits in
    '' | *[!0-9]*) refuse "--bits $bits is not a number, such as 2048" ;;
esac
folder=${folder:-config/keys}
case $folder in
    /*) ;;
    *) folder=$PWD/$folder ;;
esac

private_files=(private_signature.pem private_encryption.pem)
public_files=(public_signature.pem public_encryption.pem dhparam.pem)
files=("${private_files[@]}" "${public_files[@]}")

command -v openssl >/dev/null || refuse "openssl is not installed"
if [ "$force" = no ]; then
    for file in "${files[@]}"; do
        if [ -e "$folder/$file" ] || [ -L "$folder/$file" ]; then
            refuse "$folder/$file is there already; --force replaces the whole set"
        fi
    done
fi

# Private from the moment they exist; what is public is opened up at the end.
umask 077

step="making the folder $folder"
made_folder=no
work=
placed=()

finish() {
    local status=$?
    trap - EXIT
    [ "$status" -ne 0 ] || return 0
    local file kept=
    for file in ${placed[@]+"${placed[@]}"}; do
        rm -f "$folder/$file"
    done
    for file in "${files[@]}"; do
        if [ -n "$work" ] && { [ -e "$work/old/$file" ] || [ -L "$work/old/$file" ]; }; then
            mv -f "$work/old/$file" "$folder/$file" || kept=yes
        fi
    done
    if [ -n "$work" ] && [ -s "$work/openssl.log" ]; then
        say ""
        tail -n 5 "$work/openssl.log" >&2
    fi
    if [ -n "$kept" ]; then
        say "generate_ib_keys.sh: failed at $step."
        say "The old keys could not be put back: they are in $work/old. Move them to $folder."
        exit "$status"
    fi
    [ -z "$work" ] || rm -rf "$work"
    [ "$made_folder" = no ] || rmdir "$folder" 2>/dev/null || :
    say "generate_ib_keys.sh: failed at $step. Nothing was changed in $folder."
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    made_folder=yes
fi
[ -O "$folder" ] || refuse "$folder belongs to somebody else, who could exchange the keys"
step="closing $folder to the others' writing"
chmod go-w "$folder"
step="making a working folder in $folder"
work=$(mktemp -d "$folder/.making.XXXXXX")
mkdir "$work/old"

# openssl's own dots are shown to somebody who watches, and kept for the message otherwise.
run_openssl() {
    if [ -t 2 ]; then
        openssl "$@"
    else
        openssl "$@" 2>"$work/openssl.log"
    fi
}

make_file() {
    local file=$1
    step="making $file with openssl"
    shift
    say "Making $file ..."
    run_openssl "$@"
    [ -s "$work/$file" ]
}

# openssl 3 takes options before the size only; 1.1 takes them there, too.
for use in signature encryption; do
    make_file "private_$use.pem" genrsa -out "$work/private_$use.pem" "$bits"
    make_file "public_$use.pem" rsa -in "$work/private_$use.pem" -outform PEM -pubout \
        -out "$work/public_$use.pem"
done
say "The next one takes a minute, sometimes several: it looks for a safe prime."
make_file dhparam.pem dhparam -outform PEM -out "$work/dhparam.pem" "$bits"

for file in "${private_files[@]}"; do chmod 600 "$work/$file"; done
for file in "${public_files[@]}"; do chmod 644 "$work/$file"; done

for file in "${files[@]}"; do
    step="putting $file into $folder"
    if [ -e "$folder/$file" ] || [ -L "$folder/$file" ]; then
        mv -f "$folder/$file" "$work/old/$file"
    fi
    mv "$work/$file" "$folder/$file"
    placed+=("$file")
done
trap - EXIT
rm -rf "$work"

cat <<NEXT

The keys are in $folder.

1. Upload these three files in IBKR's self-service portal
   (https://ndcdyn.interactivebrokers.com/sso/Login?action=OAUTH&RL=1&ip2loc=US):
     public signing key           $folder/public_signature.pem
     public encryption key        $folder/public_encryption.pem
     Diffie-Hellman parameters    $folder/dhparam.pem

2. Generate an access token there, and put this into config/.env (chmod 600):
     IB_CONSUMER_KEY=          the 9 characters that you chose in the portal
     IB_ACCESS_TOKEN=          from the portal
     IB_ACCESS_TOKEN_SECRET=   from the portal
     IB_SIGNATURE_KEY_PATH=$folder/private_signature.pem
     IB_ENCRYPTION_KEY_PATH=$folder/private_encryption.pem
     IB_DH_PARAM_PATH=$folder/dhparam.pem

3. Check them: ibcli auth check. They work after IBKR's next midnight reset (New York),
   sometimes a few days later; then: ibcli auth test.

The two private files never leave this machine.
NEXT
