extends RefCounted
## The reliable messages of a session that have not taken effect yet: numbered from 1, kept until the cluster says
## that they are done, sent again from the first kept one by every new gateway.

const KIND := 3
# What is kept need not be in the socket's buffer as well.
const _BUFFERED_BYTES_MAX := 65536

## What may be kept, in bytes.
var bytes_max := 8 << 20
## What may be kept, in messages.
var messages_max := 16384
## The last number that any gateway can have seen.
var sent_through := 0

var _frames: Array[PackedByteArray] = []
var _head := 0 # of _frames: what is before it is done
var _unsent := 0 # of _frames, at least _head
var _first := 1 # the number of _frames[_head]
var _bytes := 0


## Numbers a packet and keeps it. False if there is no room.
func add(packet: PackedByteArray) -> bool:
	var count := _frames.size() - _head
	if count >= messages_max or _bytes + packet.size() > bytes_max:
		return false
	var frame := PackedByteArray()
	frame.resize(5)
	frame[0] = KIND
	frame.encode_u32(1, _first + count)
	frame.append_array(packet)
	_frames.append(frame)
	_bytes += packet.size()
	return true


## Everything through a number has taken effect.
func done(number: int) -> void:
	var head := mini(_head + number - _first + 1, _unsent)
	while _head < head:
		_bytes -= _frames[_head].size() - 5
		_frames[_head] = PackedByteArray()
		_head += 1
		_first += 1
	# Moved down only now and then: each message is moved once on average.
	if _head * 2 > _frames.size():
		_frames = _frames.slice(_head)
		_unsent -= _head
		_head = 0


## All that is kept is to be sent again.
func rewind() -> void:
	_unsent = _head


## True if nothing waits to be sent.
func is_sent() -> bool:
	return _unsent == _frames.size()


## Messages that are kept.
func size() -> int:
	return _frames.size() - _head


## Sends what the socket takes.
func send(socket: WebSocketPeer) -> void:
	while _unsent < _frames.size() and socket.get_current_outbound_buffered_amount() < _BUFFERED_BYTES_MAX:
		if socket.send(_frames[_unsent]) != OK:
			return
		_unsent += 1
		sent_through = maxi(sent_through, _first + _unsent - _head - 1)
