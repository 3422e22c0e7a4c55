extends RefCounted
## What the cluster has told this client, as keys and values that only a gateway can read. The next gateway gets them
## back. Two in one: entries to remember, and the numbers of the messages that have arrived from each peer.

## What may be remembered, in bytes; a HELLO must fit into the buffer of a socket.
const BYTES_MAX := 3 << 20
## Peers whose numbers are remembered; of those before, a message could arrive twice.
const SOURCES_MAX := 32768

var _entries: Dictionary[PackedByteArray, PackedByteArray] = {}
var _bytes := 0
var _heard: Dictionary[int, int] = {} # peer to number; the one that was heard last is at the end
var _news: Dictionary[int, int] = {} # the same, since it was last reported


## Takes {u8 key length, key, u16 value length, value} count times from a frame. Returns where the next thing begins, or
## -1 if the frame is broken or there is no room.
func remember(frame: PackedByteArray, at: int, count: int) -> int:
	for i in count:
		if at >= frame.size() or at + 1 + frame[at] + 2 > frame.size():
			return -1
		var key := frame.slice(at + 1, at + 1 + frame[at])
		at += 1 + frame[at]
		var length := frame.decode_u16(at)
		at += 2
		if at + length > frame.size():
			return -1
		if _entries.has(key):
			_bytes -= 3 + key.size() + _entries[key].size()
			_entries.erase(key)
		if length > 0:
			_entries[key] = frame.slice(at, at + length)
			_bytes += 3 + key.size() + length
			if _bytes > BYTES_MAX:
				return -1
		at += length
	return at


## All entries, for a gateway.
func entries() -> PackedByteArray:
	var bytes := PackedByteArray()
	for key: PackedByteArray in _entries:
		var value: PackedByteArray = _entries[key]
		bytes.append(key.size())
		bytes.append_array(key)
		bytes.append(value.size() & 0xFF)
		bytes.append(value.size() >> 8)
		bytes.append_array(value)
	return bytes


## A message of a peer has arrived. False if it has arrived before.
func hear(source: int, number: int) -> bool:
	var last: int = _heard.get(source, 0)
	# Whoever sends it again has not heard that it has arrived.
	_news[source] = maxi(last, number)
	if number <= last:
		return false
	_heard.erase(source)
	_heard[source] = number
	if _heard.size() > SOURCES_MAX:
		for oldest: int in _heard:
			_heard.erase(oldest)
			break
	return true


## All numbers that were heard, {i32 source, u32 number} each.
func heard() -> PackedByteArray:
	_news.clear()
	return _pack(_heard)


## True if there is something that was not yet reported.
func has_news() -> bool:
	return not _news.is_empty()


## The numbers that were heard since they were last asked for.
func news() -> PackedByteArray:
	var bytes := _pack(_news)
	_news.clear()
	return bytes


static func _pack(numbers: Dictionary[int, int]) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(numbers.size() * 8)
	var at := 0
	for source: int in numbers:
		bytes.encode_s32(at, source)
		bytes.encode_u32(at + 4, numbers[source])
		at += 8
	return bytes
