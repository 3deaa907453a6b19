"""What customers, the bot and operators write, by area.

Each line has the sender ("c" the customer, "b" the bot, "o" the operator) and the text,
with placeholders in braces: company, customer, operator, area, protocol, and the
product, price, date and order that the chat is about.
"""

from __future__ import annotations

Line = tuple[str, str]
Script = tuple[Line, ...]

AREAS = {
    "vendas": "Vendas",
    "suporte": "Suporte técnico",
    "financeiro": "Financeiro",
    "agendamento": "Agendamento",
    "entregas": "Entregas",
}

GREETINGS = (
    "Oi",
    "Olá, bom dia!",
    "Boa tarde, tudo bem?",
    "Boa noite",
    "Oi, gostaria de uma informação",
    "Olá! Alguém pode me ajudar?",
    "Bom dia, peguei o contato de vocês no site",
    "Oie 😊",
)

MENU = (
    "Olá, {customer}! 👋 Sou o assistente da {company}. Digite: 1 Vendas, "
    "2 Suporte técnico, 3 Financeiro, 4 Agendamento, 5 Entregas."
)
QUEUED = (
    "Certo! Você está na fila de {area}. Seu protocolo é {protocol}. "
    "Em instantes alguém vai te atender."
)
CHOICES = {code: str(position) for position, code in enumerate(AREAS, start=1)}

IMPATIENT = (
    "Oi?",
    "Alguém aí?",
    "Ainda estou aguardando",
    "Vai demorar muito?",
    "É sobre o pedido {order}",
    "Posso esperar, mas é um pouco urgente",
    "Se puderem me ligar também serve",
)

CLOSING: Script = (
    ("o", "Posso ajudar em algo mais, {customer}?"),
    ("c", "Não, era só isso. Muito obrigado(a)!"),
    ("o", "A {company} agradece o contato. Tenha um ótimo dia! 😊"),
)

TOPICS: dict[str, tuple[Script, ...]] = {
    "vendas": (
        (
            ("o", "Olá, {customer}! Aqui é {operator}, de Vendas. Como posso ajudar?"),
            ("c", "Queria saber o preço de {product}"),
            ("o", "Hoje está por R$ {price} à vista, ou em até 6x sem juros."),
            ("c", "Tem desconto no Pix?"),
            ("o", "Tem sim! No Pix fazemos 5% de desconto."),
            ("c", "Ótimo, vou querer"),
            ("o", "Perfeito! Registrei o pedido {order}. Envio o Pix em seguida."),
            ("c", "Pago, segue o comprovante"),
            ("o", "Recebido, obrigado! Já está separado para você."),
        ),
        (
            ("c", "Vocês ainda têm {product} em estoque?"),
            ("o", "Deixa eu conferir aqui, um momento."),
            ("o", "Temos sim, restam poucas unidades. Quer que eu reserve?"),
            ("c", "Pode reservar até {date}?"),
            ("o", "Reservado em seu nome até {date}."),
            ("c", "Show, passo aí para buscar"),
        ),
        (
            ("c", "Boa! Fazem orçamento para empresa?"),
            ("o", "Fazemos. Pode me passar o CNPJ e a quantidade?"),
            ("c", "Seriam 12 unidades de {product}"),
            ("o", "Com essa quantidade fica R$ {price} a unidade, com nota fiscal."),
            ("c", "Vou levar para o meu chefe e retorno"),
            ("o", "Combinado! A proposta vale até {date}."),
        ),
    ),
    "suporte": (
        (
            ("o", "Oi, {customer}, {operator} do Suporte. O que está acontecendo?"),
            ("c", "Comprei {product} e parou de funcionar"),
            ("o", "Sinto muito por isso. Pode me dizer o número do pedido?"),
            ("c", "É o {order}"),
            ("o", "Localizei. Está na garantia. Aparece alguma mensagem de erro?"),
            ("c", "Aparece uma luz vermelha piscando"),
            ("o", "Segure o botão por 10 segundos e ligue de novo, por favor."),
            ("c", "Fiz aqui..."),
            ("c", "Voltou! 🎉"),
            ("o", "Que bom! Se acontecer de novo trocamos a peça sem custo."),
        ),
        (
            ("c", "Não consigo entrar no aplicativo"),
            ("o", "Ele mostra que a senha está errada ou nem abre?"),
            ("c", "Diz que a senha está errada"),
            ("o", "Enviei um link para criar uma nova senha no seu e-mail."),
            ("c", "Não chegou ainda"),
            ("o", "Às vezes cai no spam, pode olhar lá?"),
            ("c", "Achei! Deu certo, obrigado"),
        ),
        (
            ("c", "Como aciono a garantia de {product}?"),
            ("o", "Basta a nota fiscal e uma foto do defeito."),
            ("c", "Vou mandar a foto mais tarde"),
            ("o", "Sem problema, seu atendimento fica no protocolo {protocol}."),
        ),
    ),
    "financeiro": (
        (
            ("o", "Olá! {operator} do Financeiro. Em que posso ajudar, {customer}?"),
            ("c", "Preciso da segunda via do boleto"),
            ("o", "Claro. É o de R$ {price} com vencimento em {date}?"),
            ("c", "Esse mesmo"),
            ("o", "Enviei para o seu e-mail e aqui está o código de barras."),
            ("c", "Recebi. Se eu pagar hoje compensa quando?"),
            ("o", "Em até 1 dia útil. No Pix é na hora."),
        ),
        (
            ("c", "Fui cobrado duas vezes no cartão"),
            ("o", "Vou verificar. Quais são os valores?"),
            ("c", "Duas de R$ {price}"),
            ("o", "Confirmei a duplicidade. O estorno de R$ {price} já foi pedido."),
            ("c", "Demora quanto tempo?"),
            ("o", "Até duas faturas, depende da operadora do cartão."),
            ("c", "Tudo bem, vou acompanhar"),
        ),
        (
            ("c", "Consigo parcelar o pedido {order}?"),
            ("o", "Consegue! Em até 6x sem juros no cartão."),
            ("c", "Pode fazer em 3x"),
            ("o", "Feito. A primeira parcela vence em {date}."),
        ),
    ),
    "agendamento": (
        (
            ("o", "Oi, {customer}! {operator} do Agendamento. Qual dia prefere?"),
            ("c", "Tem horário em {date}?"),
            ("o", "Tenho às 9h30 e às 15h."),
            ("c", "Pode ser às 15h"),
            ("o", "Agendado para {date} às 15h. Chegue 10 minutos antes, por favor."),
            ("c", "Combinado 👍"),
        ),
        (
            ("c", "Preciso remarcar o meu horário"),
            ("o", "Sem problema. Estava marcado para {date}, certo?"),
            ("c", "Isso, surgiu um imprevisto"),
            ("o", "Tenho na mesma semana às 11h. Serve?"),
            ("c", "Serve sim"),
            ("o", "Remarcado! Enviei a confirmação."),
        ),
        (
            ("c", "Vocês atendem aos sábados?"),
            ("o", "Atendemos das 8h às 13h."),
            ("c", "Ótimo, então passo no sábado"),
            ("o", "Deixo anotado. Até lá!"),
        ),
    ),
    "entregas": (
        (
            ("o", "Olá, {customer}, aqui é {operator} das Entregas."),
            ("c", "Meu pedido {order} ainda não chegou"),
            ("o", "Vou rastrear, só um instante."),
            ("o", "Saiu para entrega hoje cedo, chega até o fim do dia."),
            ("c", "É que não vai ter ninguém em casa à tarde"),
            ("o", "Quer que deixemos na portaria?"),
            ("c", "Pode deixar com o porteiro, por favor"),
            ("o", "Avisei o entregador."),
            ("c", "Obrigado pela ajuda!"),
        ),
        (
            ("c", "Vocês entregam no meu bairro?"),
            ("o", "Qual é o CEP?"),
            ("c", "01310-100"),
            ("o", "Entregamos sim, o frete fica R$ 12,00."),
            ("c", "E o prazo?"),
            ("o", "Até {date}."),
        ),
        (
            ("c", "Veio {product} trocado"),
            ("o", "Peço desculpas! Pode mandar uma foto?"),
            ("c", "Mandei agora há pouco"),
            ("o", "Já vi. Buscamos e levamos o certo em {date}, sem custo."),
            ("c", "Está bem, fico no aguardo"),
        ),
    ),
}

COMPLAINTS = (
    "Demorou muito para responder",
    "Não resolveu o meu problema",
    "Fui passado de uma pessoa para outra",
    "",
)

PRODUCTS = (
    "a cesta de café da manhã",
    "o bolo de cenoura grande",
    "a poltrona reclinável",
    "o óculos de grau",
    "a ração de 15 kg",
    "o kit de revisão",
    "o plano anual",
    "a mesa de jantar",
    "o monitor de pressão",
    "o arranjo de orquídeas",
    "a mochila escolar",
    "a cafeteira elétrica",
)
