@icon("res://addons/banyan/icons/peer.svg")
class_name BanyanMultiplayerPeer
extends MultiplayerPeerExtension
## Connects a game to a Banyan cluster, and stays connected when a gateway dies.
##
## [codeblock]
## multiplayer.multiplayer_peer = BanyanMultiplayerPeer.connect_to(["ws://a:7400/godot", "ws://b:7400/godot"], token)
## [/codeblock]
## Everything of Godot's high-level multiplayer works as with [WebSocketMultiplayerPeer]; the cluster is peer 1. When the
## gateway is lost, another one goes on with the same session: the peer's id, nodes and reliable messages stay, and the
## game's status stays [constant MultiplayerPeer.CONNECTION_CONNECTED]. Meanwhile unreliable packets are dropped, and
## reliable ones are kept, each to arrive once and in order.

## Another gateway goes on with the session. Time since the former one was lost.
signal resumed(milliseconds: int)
## The connection is lost. The next gateway is tried at once.
signal gateway_lost(reason: String)
## The session is over, or never began: the cluster has ended it, or no gateway was found in time.
signal session_ended(reason: String)
## A message for a [BanyanTree] has come.
signal tree_received(message: Array)

const _Outbox := preload("session/outbox.gd")
const _Memory := preload("session/memory.gd")
const _Nodes := preload("session/nodes.gd")
const _Route := preload("session/route.gd")

const _PROTOCOL := "banyan.v1"
const _BUFFER_BYTES := 4 << 20
const _QUEUED_PACKETS_MAX := 32768
const _PACKET_BYTES_MAX := (1 << 20) - 16 # what a gateway takes
const _BACKLOG_BYTES_MAX := 1 << 17 # of the socket, before unreliable packets are dropped

const _PING_INTERVAL := 1000
const _SILENCE_MAX := 3000
const _HEARD_INTERVAL := 100
const _STANDSTILL := 500 # of the game, between two polls
const _CLOSE_FINAL := 1008 # the WebSocket's code for what GOODBYE 1 says

enum _Out { HELLO = 1, PACKET = 2, HEARD = 4, PING = 5, BYE = 6, TREE = 7 }
enum _In { WELCOME = 1, PACKET = 2, NUMBERED = 3, DONE = 4, PONG = 5, REMEMBER = 6, GOODBYE = 7, TREE = 8, MOVE = 9 }

## How long to look for a first gateway, in seconds. Afterwards the cluster says how long a session outlives its connection.
var connect_timeout := 10.0
## Reliable messages that are kept until they have taken effect, in bytes. A message beyond is refused with
## [constant ERR_OUT_OF_MEMORY].
var kept_bytes_max: int:
	get: return _outbox.bytes_max
	set(value): _outbox.bytes_max = value
## The same, in messages.
var kept_messages_max: int:
	get: return _outbox.messages_max
	set(value): _outbox.messages_max = value

var _route: _Route
var _token: String
var _tls: TLSOptions
var _status := CONNECTION_DISCONNECTED
var _refuses := false
var _mode := TRANSFER_MODE_RELIABLE
var _channel := 0

# The session.
var _peer := 0
var _secret: PackedByteArray
var _grace := 0
var _outbox := _Outbox.new()
var _memory := _Memory.new()
var _nodes := _Nodes.new()
var _inbox: Array = [] # packets, and moves of nodes in their places among them
var _inbox_head := 0
var _moves_waiting := 0 # of the inbox

# The connection. All times in milliseconds.
var _socket: WebSocketPeer
var _greeted := false
var _welcomed := false
var _away_since := 0
var _welcomed_at := 0
var _answered_at := 0
var _pinged_at := 0
var _reported_at := 0
var _polled_at := 0
var _latency := 0.0
var _tree_request := 0
var _warned: Dictionary[String, bool] = {}
# A browser's socket drops whole messages when its buffer is full; elsewhere the sender waits.
var _drops_when_full := OS.has_feature("web")
var _kept_for_certain := _BUFFER_BYTES - _PACKET_BYTES_MAX # bytes


## Begins a session. The first gateway is tried first; all must be of one cluster. Without any, those of the project
## setting [code]banyan/gateways[/code] are taken. [param token] is shown to the cluster, [param tls] is for
## [code]wss://[/code] addresses.
static func connect_to(gateways := PackedStringArray(), token := "", tls: TLSOptions = null) -> BanyanMultiplayerPeer:
	var peer := BanyanMultiplayerPeer.new()
	peer._route = _Route.new(gateways if not gateways.is_empty() else ProjectSettings.get_setting("banyan/gateways", gateways))
	if peer._route.gateways.is_empty():
		push_error("BanyanMultiplayerPeer: no gateways")
		return peer
	peer._token = token.strip_edges().strip_escapes()
	peer._tls = tls
	peer._status = CONNECTION_CONNECTING
	peer._polled_at = Time.get_ticks_msec()
	peer._away_since = peer._polled_at
	peer._open(peer._polled_at)
	return peer


## The address of the gateway that the session is at; empty while there is none.
func get_gateway() -> String:
	return _route.at if _welcomed else ""


## The time to the gateway and back, smoothed, in milliseconds; 0 before it is known.
func get_latency() -> float:
	return _latency


## Sends a message of a [BanyanTree]. False if there is no connection: [signal resumed] tells when there is one again.
func send_tree(message: Array) -> bool:
	return _welcomed and _send(_Out.TREE, var_to_bytes(message))


## The next number for a change by a [BanyanTree]: all trees of a session count together.
func next_tree_request() -> int:
	_tree_request += 1
	return _tree_request


func _poll() -> void:
	if _status == CONNECTION_DISCONNECTED:
		return
	var now := Time.get_ticks_msec()
	# A gateway is not silent because the game did not listen.
	if now - _polled_at > _STANDSTILL:
		_answered_at = now
	_polled_at = now
	if _socket != null:
		_poll_socket(now)
	if _socket == null and _status != CONNECTION_DISCONNECTED:
		_retry(now)


func _put_packet_script(packet: PackedByteArray) -> Error:
	if _status != CONNECTION_CONNECTED:
		return ERR_UNCONFIGURED
	if packet.size() > _PACKET_BYTES_MAX:
		_warn("a packet of %d bytes is not sent, the largest may have %d" % [packet.size(), _PACKET_BYTES_MAX], "size")
		return ERR_INVALID_PARAMETER
	if _mode != TRANSFER_MODE_RELIABLE:
		# Nothing overtakes a reliable message that waits: it could be about a node that is not there yet.
		if _welcomed and _outbox.is_sent() and _socket.get_current_outbound_buffered_amount() < _BACKLOG_BYTES_MAX:
			_send(_Out.PACKET, packet)
		return OK
	if not _outbox.add(packet):
		_warn("too many reliable messages wait for the cluster, from now on some are refused", "full")
		return ERR_OUT_OF_MEMORY
	if _welcomed:
		_outbox.send(_socket)
	return OK


func _get_packet_script() -> PackedByteArray:
	if _get_available_packet_count() == 0:
		return PackedByteArray()
	return _take_next()


# SceneMultiplayer asks before it takes a packet: what is to be done before that packet is done here.
func _get_available_packet_count() -> int:
	while _inbox_head < _inbox.size() and _inbox[_inbox_head] is Array:
		_moves_waiting -= 1
		var wrong := _nodes.take(_take_next())
		if not wrong.is_empty():
			_warn("the game's tree is not as the cluster has it: " + wrong, "move")
	return _inbox.size() - _inbox_head - _moves_waiting


func _take_next() -> Variant:
	var next: Variant = _inbox[_inbox_head]
	_inbox_head += 1
	if _inbox_head == _inbox.size():
		_inbox.clear()
		_inbox_head = 0
	return next


func _get_max_packet_size() -> int:
	return _PACKET_BYTES_MAX


func _get_packet_channel() -> int:
	return 0


func _get_packet_mode() -> TransferMode:
	return TRANSFER_MODE_RELIABLE


func _get_packet_peer() -> int:
	return TARGET_PEER_SERVER


# SceneMultiplayer says in the packet itself whom it is for; everything goes to the gateway.
func _set_target_peer(_id: int) -> void:
	pass


func _set_transfer_mode(mode: TransferMode) -> void:
	_mode = mode


func _get_transfer_mode() -> TransferMode:
	return _mode


func _set_transfer_channel(channel: int) -> void:
	_channel = channel


func _get_transfer_channel() -> int:
	return _channel


func _get_connection_status() -> ConnectionStatus:
	return _status


func _get_unique_id() -> int:
	return _peer


func _is_server() -> bool:
	return false


# As WebSocketMultiplayerPeer has it: packets for other peers go through peer 1.
func _is_server_relay_supported() -> bool:
	return true


func _set_refuse_new_connections(refuses: bool) -> void:
	_refuses = refuses


func _is_refusing_new_connections() -> bool:
	return _refuses


func _disconnect_peer(peer: int, _force: bool) -> void:
	if peer == TARGET_PEER_SERVER:
		_close()


func _close() -> void:
	if _status == CONNECTION_DISCONNECTED:
		return
	if _welcomed:
		_outbox.send(_socket)
		_send(_Out.BYE)
	_status = CONNECTION_DISCONNECTED
	_drop_socket()
	_nodes.end()


func _notification(what: int) -> void:
	if what != NOTIFICATION_PREDELETE:
		return
	# In this notification nothing of its own can be called.
	_nodes.end()
	# Without a word the cluster would wait for it to come back.
	if _welcomed:
		_outbox.send(_socket)
		_socket.send(PackedByteArray([_Out.BYE]))
		_socket.close()


func _open(now: int) -> void:
	_answered_at = now
	_socket = WebSocketPeer.new()
	_socket.inbound_buffer_size = _BUFFER_BYTES
	_socket.outbound_buffer_size = _BUFFER_BYTES
	_socket.max_queued_packets = _QUEUED_PACKETS_MAX
	_socket.supported_protocols = PackedStringArray([_PROTOCOL])
	var url := _route.next()
	if not _token.is_empty():
		# A browser sends no headers of ours; elsewhere the token need not stand in the logs of whatever is on the way.
		if OS.has_feature("web"):
			url += ("&" if "?" in url else "?") + "token=" + _token.uri_encode()
		else:
			_socket.handshake_headers = PackedStringArray(["Authorization: Bearer " + _token])
	if _socket.connect_to_url(url, _tls) != OK:
		_lose("no connection to " + _route.at, now)


func _retry(now: int) -> void:
	var patience := _grace if _peer != 0 else int(connect_timeout * 1000)
	if now - _away_since > patience:
		_end("no gateway within %.1f s" % (patience / 1000.0))
	elif now >= _route.next_at:
		_open(now)


func _poll_socket(now: int) -> void:
	_socket.poll()
	if not _greeted and _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_greet()
	_receive(now)
	# What has come may have closed it.
	if _socket == null:
		return
	if _socket.get_ready_state() >= WebSocketPeer.STATE_CLOSING:
		# The engine forgets what came just before the end, a GOODBYE for one.
		if _socket.get_close_code() == _CLOSE_FINAL:
			_end(_socket.get_close_reason())
		else:
			_lose("closed: %d %s" % [_socket.get_close_code(), _socket.get_close_reason()], now)
	elif now - _answered_at > _SILENCE_MAX:
		_lose("no answer for %d ms" % _SILENCE_MAX, now)
	elif _welcomed:
		_outbox.send(_socket)
		_report(now)


func _greet() -> void:
	_greeted = true
	var hello := { version = 1, double = OS.has_feature("double"), moves = true }
	if _peer != 0:
		hello.peer = _peer
		hello.secret = _secret
		hello.memory = _memory.entries()
		hello.heard = _memory.heard()
		hello.sent = _outbox.sent_through
	_send(_Out.HELLO, var_to_bytes(hello))


# What the other side wants to hear now and then.
func _report(now: int) -> void:
	if _socket.get_current_outbound_buffered_amount() > _BACKLOG_BYTES_MAX:
		return
	if _memory.has_news() and now - _reported_at >= _HEARD_INTERVAL:
		_reported_at = now
		_send(_Out.HEARD, _memory.news())
	if now - _pinged_at >= _PING_INTERVAL:
		_pinged_at = now
		var time := PackedByteArray()
		time.resize(8)
		time.encode_u64(0, Time.get_ticks_usec())
		_send(_Out.PING, time)


func _receive(now: int) -> void:
	var socket := _socket
	var bytes := 0
	var count := 0
	while socket == _socket and socket.get_available_packet_count() > 0 and _inbox.size() < _QUEUED_PACKETS_MAX:
		var frame := socket.get_packet()
		_answered_at = now
		if not _take(frame, now):
			_lose("it does not speak %s" % _PROTOCOL, now)
			return
		bytes += frame.size()
		count += 1
		# Up to here nothing can have been dropped; what comes after may have gaps, and comes again after a resume.
		if _drops_when_full and (bytes > _kept_for_certain or count == _QUEUED_PACKETS_MAX) and socket == _socket:
			_lose("more came than a browser keeps", now)


# False if it is not as agreed.
func _take(frame: PackedByteArray, now: int) -> bool:
	if frame.is_empty() or (not _welcomed and frame[0] != _In.WELCOME and frame[0] != _In.GOODBYE):
		return false
	match frame[0]:
		_In.PACKET:
			_deliver(frame, 1)
		_In.NUMBERED:
			if frame.size() < 9:
				return false
			if _memory.hear(frame.decode_s32(1), frame.decode_u32(5)):
				_deliver(frame, 9)
		_In.REMEMBER:
			if frame.size() < 3:
				return false
			var packet := _memory.remember(frame, 3, frame.decode_u16(1))
			if packet < 0:
				return false
			_deliver(frame, packet)
		_In.MOVE:
			if frame.size() < 3:
				return false
			var at := _memory.remember(frame, 3, frame.decode_u16(1))
			var move: Variant = bytes_to_var(frame.slice(at)) if at > 0 else null
			if move is not Array:
				return false
			_inbox.append(move)
			_moves_waiting += 1
		_In.DONE:
			if frame.size() < 5:
				return false
			_outbox.done(frame.decode_u32(1))
		_In.PONG:
			if frame.size() < 9:
				return false
			var milliseconds := (Time.get_ticks_usec() - frame.decode_u64(1)) / 1000.0
			_latency = milliseconds if _latency == 0.0 else lerpf(_latency, milliseconds, 0.125)
		_In.TREE:
			var message: Variant = bytes_to_var(frame.slice(1))
			if message is not Array:
				return false
			tree_received.emit(message)
		_In.WELCOME:
			var welcome: Variant = bytes_to_var(frame.slice(1))
			return not _welcomed and welcome is Dictionary and _enter(welcome, now)
		_In.GOODBYE:
			var reason := frame.slice(2).get_string_from_utf8()
			if frame.size() > 1 and frame[1] == 1:
				_end(reason)
			else:
				_lose("goodbye: " + reason, now)
		_:
			return false
	return true


func _deliver(frame: PackedByteArray, at: int) -> void:
	if at < frame.size():
		_inbox.append(frame.slice(at))


func _enter(welcome: Dictionary, now: int) -> bool:
	var peer: Variant = welcome.get("peer")
	var secret: Variant = welcome.get("secret")
	var grace: Variant = welcome.get("grace")
	var gateways: Variant = welcome.get("gateways", PackedStringArray())
	if peer is not int or peer < 2 or secret is not PackedByteArray or grace is not float or gateways is not PackedStringArray:
		return false
	if _peer != 0 and (peer != _peer or welcome.get("resumed") != true):
		_end("the cluster does not know this session any more")
		return true
	_route.add(gateways)
	_secret = secret
	_grace = int(grace * 1000)
	_welcomed = true
	_welcomed_at = now
	_pinged_at = 0
	if _peer == 0:
		_peer = peer
		_route.begun()
		_status = CONNECTION_CONNECTED
		peer_connected.emit(TARGET_PEER_SERVER)
	else:
		_outbox.rewind()
		_outbox.send(_socket)
		resumed.emit(now - _away_since)
	return true


func _send(kind: int, content := PackedByteArray()) -> bool:
	var frame := PackedByteArray([kind])
	frame.append_array(content)
	# Else the socket prints an error.
	if _socket.get_current_outbound_buffered_amount() + frame.size() > _BUFFER_BYTES:
		return false
	return _socket.send(frame) == OK


func _lose(reason: String, now: int) -> void:
	var was_welcomed := _welcomed
	_drop_socket()
	_route.lost(now, now - _welcomed_at if was_welcomed else 0)
	if was_welcomed:
		_away_since = now
		gateway_lost.emit(reason)


func _end(reason: String) -> void:
	var was_connected := _status == CONNECTION_CONNECTED
	_status = CONNECTION_DISCONNECTED
	_drop_socket()
	if was_connected:
		peer_disconnected.emit(TARGET_PEER_SERVER)
	_nodes.end()
	session_ended.emit(reason)


func _drop_socket() -> void:
	_welcomed = false
	_greeted = false
	if _socket != null:
		_socket.close()
		_socket = null


func _warn(text: String, cause: String) -> void:
	if not _warned.has(cause):
		_warned[cause] = true
		push_warning("BanyanMultiplayerPeer: " + text)
