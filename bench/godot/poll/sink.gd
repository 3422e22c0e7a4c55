# A server's transport to peers that confirm every path and otherwise only listen.
extends MultiplayerPeerExtension

var bytes := 0
var packets := 0
var _target := 0
var _inbox: Array = []


func connect_peers(count: int) -> void:
	for i in count:
		peer_connected.emit(2 + i)


func _put_packet_script(packet: PackedByteArray) -> Error:
	bytes += packet.size()
	packets += 1
	# SIMPLIFY_PATH: 1, md5 and 0, i32 id, path. The answer, CONFIRM_PATH: 2, u8 1, u32 id.
	if packet[0] & 7 == 1:
		var confirmation := PackedByteArray([2, 1, 0, 0, 0, 0])
		confirmation.encode_u32(2, packet.decode_u32(34))
		_inbox.append([_target, confirmation])
	return OK


func _get_packet_script() -> PackedByteArray:
	return _inbox.pop_front()[1]


func _get_available_packet_count() -> int:
	return _inbox.size()


func _get_packet_peer() -> int:
	return _inbox[0][0]


func _get_packet_mode() -> MultiplayerPeer.TransferMode:
	return MultiplayerPeer.TRANSFER_MODE_RELIABLE


func _get_packet_channel() -> int:
	return 0


func _set_target_peer(peer: int) -> void:
	_target = peer


func _get_unique_id() -> int:
	return 1


func _is_server() -> bool:
	return true


func _is_server_relay_supported() -> bool:
	return true


func _get_connection_status() -> MultiplayerPeer.ConnectionStatus:
	return MultiplayerPeer.CONNECTION_CONNECTED


func _get_max_packet_size() -> int:
	return 1 << 20


func _get_transfer_mode() -> MultiplayerPeer.TransferMode:
	return MultiplayerPeer.TRANSFER_MODE_RELIABLE


func _set_transfer_mode(_mode: MultiplayerPeer.TransferMode) -> void:
	pass


func _get_transfer_channel() -> int:
	return 0


func _set_transfer_channel(_channel: int) -> void:
	pass


func _is_refusing_new_connections() -> bool:
	return false


func _set_refuse_new_connections(_refuse: bool) -> void:
	pass


func _poll() -> void:
	pass


func _close() -> void:
	pass


func _disconnect_peer(_peer: int, _force: bool) -> void:
	pass
