"""What `referencing` takes from rpds, which has no wheel for browsers: mappings and lists that do not change."""


class HashTrieMap(dict):
    @classmethod
    def convert(cls, mapping):
        return mapping if isinstance(mapping, cls) else cls(mapping)

    def insert(self, key, value):
        return HashTrieMap({**self, key: value})

    def remove(self, key):
        return HashTrieMap({name: value for name, value in self.items() if name != key})

    def update(self, *mappings, **more):
        found = HashTrieMap(self)
        for mapping in mappings:
            dict.update(found, mapping)
        dict.update(found, more)
        return found

    def __hash__(self):
        return hash(frozenset(self.items()))


class HashTrieSet(frozenset):
    def insert(self, value):
        return HashTrieSet(self | {value})

    def remove(self, value):
        return HashTrieSet(self - {value})

    def update(self, *more):
        return HashTrieSet(self.union(*more))


class List(tuple):
    def __new__(cls, values=()):
        return super().__new__(cls, values)

    def push_front(self, value):
        return List((value, *self))
