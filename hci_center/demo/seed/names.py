"""Brazilian names of people and companies."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES = _words(
    "Adriana Alessandra Alice Aline Amanda Ana Andréa Antônia Beatriz Bianca Bruna "
    "Camila Carla Carolina Cecília Cláudia Cristina Daniela Débora Eduarda Elaine "
    "Eliane Fabiana Fernanda Flávia Francisca Gabriela Giovana Helena Heloísa Isabela "
    "Jéssica Joana Juliana Júlia Karina Larissa Laura Letícia Lívia Lorena Luana "
    "Luciana Luíza Manuela Márcia Maria Mariana Marina Michele Mônica Natália Patrícia "
    "Priscila Rafaela Raquel Regina Renata Roberta Rosana Sabrina Sandra Sílvia Simone "
    "Sofia Sônia Tatiana Teresa Valentina Vanessa Vera Vitória Viviane Yasmin "
    "Adriano Alexandre Anderson André Antônio Arthur Bernardo Bruno Caio Carlos Celso "
    "César Cláudio Daniel Davi Diego Douglas Edson Eduardo Emerson Enzo Fábio Felipe "
    "Fernando Flávio Francisco Gabriel Guilherme Gustavo Heitor Henrique Hugo Igor Ítalo "
    "Jair João Joaquim Jorge José Júlio Leandro Leonardo Lucas Luciano Luís Marcelo "
    "Márcio Marcos Mateus Maurício Miguel Murilo Natan Otávio Paulo Pedro Rafael "
    "Raimundo Reinaldo Renan Renato Ricardo Roberto Rodrigo Rogério Samuel Sebastião "
    "Sérgio Tiago Vinícius Vítor Wagner Wellington William"
)

SURNAMES = _words(
    "Almeida Alves Amaral Andrade Antunes Aragão Araújo Assis Azevedo Barbosa Barros "
    "Batista Bezerra Borges Braga Brito Cabral Campos Cardoso Carneiro Carvalho Castro "
    "Cavalcante Chaves Coelho Correia Costa Cruz Cunha Dantas Dias Duarte Esteves "
    "Farias Fernandes Ferreira Figueiredo Fonseca Franco Freitas Furtado Garcia Gomes "
    "Gonçalves Guimarães Leal Leite Lima Lopes Macedo Machado Magalhães Maia Marques "
    "Martins Medeiros Melo Mendes Menezes Miranda Monteiro Moraes Moreira Mota Moura "
    "Nascimento Neves Nogueira Nunes Oliveira Pacheco Paiva Peixoto Pereira Pinheiro "
    "Pinto Pires Queiroz Ramos Rangel Reis Rezende Ribeiro Rocha Rodrigues Salgado "
    "Sampaio Santana Santos Silva Silveira Siqueira Soares Souza Tavares Teixeira "
    "Torres Vasconcelos Vaz Viana Vieira Xavier"
)

COMPANIES = (
    "Padaria Estrela do Sul",
    "Clínica Vida Plena",
    "Oficina Boa Viagem",
    "Móveis Ipê Amarelo",
    "Pet Shop Bicho Feliz",
    "Ótica Horizonte",
    "Academia Corpo em Dia",
    "Livraria Páginas Abertas",
    "Farmácia Santa Clara",
    "Imobiliária Casa Nova",
    "Floricultura Manacá",
    "Papelaria Arco-Íris",
)

# The area codes of most of the country's cell phones.
AREA_CODES = _words(
    "11 11 11 11 12 13 14 15 16 17 18 19 19 21 21 21 22 24 27 27 31 31 31 32 34 35 37 "
    "41 41 43 44 47 48 51 51 53 54 55 61 61 62 62 63 65 67 69 71 71 75 77 79 81 81 82 "
    "83 84 85 85 86 87 88 91 91 92 93 95 96 98 99"
)
