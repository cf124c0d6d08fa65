"""Takes what `phonolite export --format beets` wrote into the library of beets."""

import json
from urllib.parse import unquote_to_bytes

from beets import ui
from beets.plugins import BeetsPlugin


class PhonolitePlugin(BeetsPlugin):
    """`beet phonolite FILE`."""

    def commands(self):
        command = ui.Subcommand("phonolite", help="take in tempo, key and gains that Phonolite measured")
        option = command.parser.add_option
        option("-o", "--overwrite", action="store_true", help="replace values that are there")
        option("-p", "--pretend", action="store_true", help="say what would change, and change nothing")
        option("-w", "--write", action="store_true", help="write the tags of changed files")
        command.func = self.take_in
        return [command]

    def take_in(self, lib, opts, args):
        if len(args) != 1:
            raise ui.UserError("one file is needed: that of phonolite export --format beets")
        known = {bytes(item.path): item.id for item in lib.items()}
        changed = missing = 0
        with open(args[0], encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                number = known.get(unquote_to_bytes(record["path"]))
                if number is None:
                    missing += 1
                    continue
                changed += self.update(lib.get_item(number), record["fields"], opts)
        ui.print_(f"{changed} items changed, {missing} files not in the library of beets")

    def update(self, item, fields, opts):
        """True when something changes. 0 counts as empty in bpm, which beets cannot leave undefined."""

        def is_empty(name):
            value = item.get(name)
            return value is None or value == "" or (name == "bpm" and not value)

        new = {name: value for name, value in fields.items() if opts.overwrite or is_empty(name)}
        # Fields that beets does not know come back as text.
        new = {name: value for name, value in new.items() if str(item.get(name)) != str(value)}
        if not new:
            return False
        if opts.pretend:
            ui.print_(f"{item}: " + ", ".join(f"{name}={value}" for name, value in new.items()))
            return True
        item.update(new)
        item.store()
        if opts.write:
            item.try_write()
        return True
