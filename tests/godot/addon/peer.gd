extends Node
# Tells what its peer tells it, and does what the fake gateway says: its messages are raw packets of text.

var peer: BanyanMultiplayerPeer
var said := 0


func _ready() -> void:
	peer = BanyanMultiplayerPeer.connect_to(OS.get_cmdline_user_args(), "a token")
	peer.resumed.connect(func(milliseconds: int): tell("RESUMED at %s, under 10 s: %s" % [peer.get_gateway(), milliseconds < 10000]))
	peer.gateway_lost.connect(func(reason: String): tell("LOST " + reason))
	peer.session_ended.connect(func(reason: String): tell("ENDED " + reason))
	peer.tree_received.connect(func(message: Array): tell("TREE %s" % str(message)))
	multiplayer.connected_to_server.connect(func(): tell("CONNECTED %d at %s" % [multiplayer.get_unique_id(), peer.get_gateway()]))
	multiplayer.connection_failed.connect(func(): tell("FAILED"))
	multiplayer.server_disconnected.connect(func(): tell("DISCONNECTED"))
	multiplayer.peer_connected.connect(func(id: int): tell("PEER %d" % id))
	(multiplayer as SceneMultiplayer).peer_packet.connect(_on_packet)
	multiplayer.multiplayer_peer = peer
	tell("STATUS %d" % peer.get_connection_status())
	tell("PRECISION " + ("double" if Vector3(0.1, 0, 0).x == 0.1 else "single"))


func _on_packet(_from: int, packet: PackedByteArray) -> void:
	var words := packet.get_string_from_utf8().split(" ")
	tell("GOT " + " ".join(words))
	match words[0]:
		"say": # reliable
			for i in int(words[1]):
				said += 1
				if send("m%d" % said, MultiplayerPeer.TRANSFER_MODE_RELIABLE) != OK:
					tell("REFUSED m%d" % said)
					said -= 1
		"hint": # unreliable
			send("u", MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
		"keep":
			peer.kept_messages_max = int(words[1])
		"browser":
			peer._drops_when_full = true
			peer._kept_for_certain = int(words[1])
		"follow":
			tell("FOLLOWS %s" % peer.send_tree(["follow", 1, words[1]]))
		"latency":
			tell("LATENCY %s" % (peer.get_latency() > 0.0))
		"stall":
			OS.delay_msec(int(words[1]))
		"away": # goes on after the connection is lost
			await peer.gateway_lost
			send("u", MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
			_on_packet(1, " ".join(words.slice(1)).to_utf8_buffer())
			tell("AWAY %d '%s'" % [peer.get_connection_status(), peer.get_gateway()])
		"close":
			peer.close()
			tell("CLOSED %d" % peer.get_connection_status())
		"drop": # not while it is being polled
			(func(): multiplayer.multiplayer_peer = null).call_deferred()
			set_deferred("peer", null)
		"quit":
			get_tree().quit()


func send(text: String, mode: MultiplayerPeer.TransferMode) -> Error:
	return (multiplayer as SceneMultiplayer).send_bytes(text.to_utf8_buffer(), 1, mode)


func tell(line: String) -> void:
	print(line)
