extends MultiplayerPeerExtension
# Two of them in one process: a server (1) and its client (2), with a way between that takes as long as one likes.

var id: int
var other: WeakRef
var delay := func() -> int: return 0 # milliseconds, of each unreliable packet
var loses := func() -> bool: return false

var _inbox: Array[PackedByteArray] = []
var _way: Array = [] # [due, packet]
var _mode := TRANSFER_MODE_RELIABLE
var _met := false


static func pair() -> Array:
	var server := new()
	var client := new()
	server.id = 1
	client.id = 2
	server.other = weakref(client)
	client.other = weakref(server)
	return [server, client]


func _poll() -> void:
	if not _met:
		_met = true
		peer_connected.emit(3 - id)
	while not _way.is_empty() and _way[0][0] <= Time.get_ticks_msec():
		_inbox.append(_way.pop_front()[1])


func _put_packet_script(packet: PackedByteArray) -> Error:
	var unreliable := _mode != TRANSFER_MODE_RELIABLE
	if not (unreliable and loses.call()):
		var way: Array = other.get_ref()._way
		var due: int = Time.get_ticks_msec() + (delay.call() if unreliable else 0)
		way.append([due if way.is_empty() else maxi(due, way.back()[0]), packet])
	return OK


func _get_packet_script() -> PackedByteArray:
	return _inbox.pop_front()


func _get_available_packet_count() -> int:
	return _inbox.size()


func _get_max_packet_size() -> int:
	return 65536


func _get_packet_channel() -> int:
	return 0


func _get_packet_mode() -> TransferMode:
	return TRANSFER_MODE_RELIABLE


func _get_packet_peer() -> int:
	return 3 - id


func _set_target_peer(_id: int) -> void:
	pass


func _set_transfer_mode(mode: TransferMode) -> void:
	_mode = mode


func _get_transfer_mode() -> TransferMode:
	return _mode


func _set_transfer_channel(_channel: int) -> void:
	pass


func _get_transfer_channel() -> int:
	return 0


func _get_connection_status() -> ConnectionStatus:
	return CONNECTION_CONNECTED


func _get_unique_id() -> int:
	return id


func _is_server() -> bool:
	return id == 1


func _close() -> void:
	pass


func _disconnect_peer(_id: int, _force: bool) -> void:
	pass
